/** What the vendors take when somebody writes there, checked as they check it, and kept. */
import { json, type Fake, type Seen } from './fake'

export interface Written {
  readonly host: string
  readonly path: string
  readonly body: unknown
  readonly from: string | null
}

/** The fakes with ears for what is written: notes, updates, messages, purges. */
export function takingWrites(fakes: readonly Fake[]) {
  const written: Written[] = []
  const take = (seen: Seen): Response | null => {
    if (seen.method !== 'POST') return null
    const answer = ANSWERS.find(
      ({ host, path }) => host === seen.url.hostname && path.test(seen.url.pathname),
    )
    if (answer === undefined) return null
    if ((seen.headers.get('authorization') ?? '') === '') return json({}, 401)
    const isForm = (seen.headers.get('content-type') ?? '').includes('form')
    const body: unknown = isForm ? Object.fromEntries(new URLSearchParams(seen.body)) : JSON.parse(seen.body)
    written.push({ host: seen.url.hostname, path: seen.url.pathname, body, from: seen.headers.get('from') })
    return answer.answer()
  }
  return {
    written,
    fakes: fakes.map((fake): Fake => ({ ...fake, answer: (seen) => take(seen) ?? fake.answer(seen) })),
  }
}

const ANSWERS = [
  {
    host: 'api.pagerduty.com',
    path: /^\/incidents\/PINC1\/notes$/,
    answer: () => json({ note: { id: 'PNOTE1', content: 'x' } }, 201),
  },
  {
    host: 'api.eu.opsgenie.com',
    path: /^\/v2\/alerts\/a-1\/notes$/,
    answer: () => json({ result: 'Request will be processed', requestId: 'r-1', took: 0.1 }, 202),
  },
  {
    host: 'api.incident.io',
    path: /^\/v2\/incident_updates$/,
    answer: () => json({ incident_update: { id: '01UPDATE' } }, 201),
  },
  {
    host: 'slack.com',
    path: /^\/api\/chat\.postMessage$/,
    answer: () => json({ ok: true, ts: '1700000000.000100' }),
  },
  {
    host: 'api.cloudflare.com',
    path: /^\/client\/v4\/zones\/[a-f0-9]{32}\/purge_cache$/,
    answer: () => json({ success: true, errors: [], messages: [], result: { id: 'zone-1' } }),
  },
] as const
