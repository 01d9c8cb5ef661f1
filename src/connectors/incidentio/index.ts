/** incident.io: an API key that may view data. */
import * as z from 'zod'
import { text } from '../../lib/fields'
import { bearer, headersOf } from '../access'
import { ask } from '../ask'
import { connector, noSettings } from '../connector'
import { alsoNamed } from '../form'
import { mapOk, ok } from '../outcome'
import { withQuery } from '../read'
import { API, details } from './details'
import { operations } from './operations'

const FORMAT = 'Invalid API key format'
const REFUSED = { kind: 'credential_refused', text: 'incident.io refused the API key' } as const

const secret = z.object({ apiKey: z.string() })
const form = alsoNamed(
  { api_key: 'apiKey' },
  z.object({
    apiKey: text({ error: 'apiKey is required', min: 20, tooShort: FORMAT, max: 500, tooLong: FORMAT }),
  }),
)

const incidents = z.object({
  incidents: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      reference: z.string().nullish(),
      created_at: z.string().nullish(),
    }),
  ),
  pagination_meta: z.object({ after: z.string().nullish() }).nullish(),
})
const identity = z.object({ identity: z.object({ name: z.string(), dashboard_url: z.string().nullish() }) })

export const incidentio = connector({
  id: 'incidentio',
  name: 'incident.io',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.incident.io'],
  alertSource: 'incidentio',
  revokeHint: 'Delete the API key under Settings, API keys in incident.io.',
  original: {
    prefixes: ['/incidentio', '/incident-io'],
    connected: () => ({ connected: true }),
    status: () => ({}),
  },
  form: { schema: form, read: (input) => ok({ secret: input, settings: {} }) },
  secret,
  settings: noSettings,
  details,
  prove: async (ctx, _candidate, access) => {
    const headers = headersOf(access)
    const seen = await ask(ctx.fetch, `${API}/v2/incidents?page_size=1`, { headers }, incidents, {
      401: REFUSED,
      403: REFUSED,
    })
    if (seen.kind !== 'ok') return seen
    const who = await ask(ctx.fetch, `${API}/v1/identity`, { headers }, identity)
    const { name = null, dashboard_url = null } = who.kind === 'ok' ? who.value.identity : {}
    return ok({
      accountId: dashboard_url ?? 'incident.io',
      accountName: name ?? 'incident.io',
      details: { keyName: name, dashboardUrl: dashboard_url },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiKey) },
  resources: async (ctx, { access }, cursor) => {
    const url = withQuery(`${API}/v2/incidents`, { page_size: 100, after: cursor ?? undefined })
    return mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, incidents), (found) => ({
      resources: found.incidents.map(({ id, name, reference, created_at }) => ({
        id,
        name,
        type: 'incident',
        details: { reference: reference ?? null, created_at: created_at ?? null },
      })),
      nextCursor: found.pagination_meta?.after ?? null,
    }))
  },
  operations,
})
