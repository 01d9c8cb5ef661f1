/** Receivers of notifications that check what they are sent as the real ones do. */
import { env } from 'cloudflare:workers'
import { newId } from '../../src/lib/ids'
import { openPorts } from '../../src/services/connectors/ports'
import type { Ctx } from '../../src/services/context'
import { openTenant } from '../../src/store/tenant-db'

interface Received {
  readonly url: string
  readonly headers: Headers
  readonly text: string
  /** The signatures of a webhook that hold, by the secret they hold under. */
  readonly verified: readonly string[]
}

/** A server for every address; it answers `answers` one after another, then 200. It knows these webhook secrets. */
export function aReceiver(secrets: readonly string[] = []) {
  const received: Received[] = []
  const answers: (() => Response)[] = []
  const http: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    received.push({
      url: request.url,
      headers: request.headers,
      text,
      verified: await verifiedBy(secrets, request.headers, text),
    })
    return answers.shift()?.() ?? new Response('ok')
  }
  return {
    http,
    received,
    answer: (...next: readonly (() => Response)[]) => void answers.push(...next),
    status: (...statuses: readonly number[]) =>
      void answers.push(...statuses.map((status) => () => new Response('no', { status }))),
    bodies: () => received.map(({ text }) => JSON.parse(text)),
    ids: () => received.map(({ headers }) => headers.get('webhook-id')),
  }
}

/** Standard Webhooks, section "verifying": written from the specification, with nothing of ours. */
async function verifiedBy(
  secrets: readonly string[],
  headers: Headers,
  body: string,
): Promise<readonly string[]> {
  const signed = `${headers.get('webhook-id') ?? ''}.${headers.get('webhook-timestamp') ?? ''}.${body}`
  const given = (headers.get('webhook-signature') ?? '').split(' ').map((part) => part.split(','))
  const verified: string[] = []
  for (const secret of secrets) {
    const bytes = Uint8Array.from(atob(secret.slice('whsec_'.length)), (char) => char.codePointAt(0) ?? 0)
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ])
    for (const [version, signature = ''] of given) {
      if (version !== 'v1') continue
      const mac = Uint8Array.from(atob(signature), (char) => char.codePointAt(0) ?? 0)
      if (await crypto.subtle.verify('HMAC', key, mac, new TextEncoder().encode(signed)))
        verified.push(secret)
    }
  }
  return verified
}

export const portsThrough = (http: typeof fetch, database: D1Database = env.DB) =>
  openPorts(
    { ...env, DB: database },
    { ...env, FRONTEND_URL: 'https://aurora.example.com', PUBLIC_API_URL: 'https://api.aurora.example.com' },
    null,
    { job: async () => {}, run: async () => {} },
    http,
  )

/** A caller of verbs, without a request. */
export const caller = (orgId: string, now: number, role: Ctx['actor']['role'] = 'admin'): Ctx => ({
  actor: { userId: newId(), orgId, role, sid: null },
  db: openTenant(env.DB, orgId),
  now,
  nudge: { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} },
})
