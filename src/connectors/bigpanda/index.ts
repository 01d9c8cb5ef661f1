/** BigPanda: an API key of a person or a service account. */
import * as z from 'zod'
import { text } from '../../lib/fields'
import { bearer, headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import { connector, noSettings } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'
import { API, details } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'BigPanda refused the API token' } as const

const secret = z.object({ apiToken: z.string() })
const form = alsoNamed(
  { api_token: 'apiToken' },
  z.object({ apiToken: text({ error: 'BigPanda API token is required', max: 500 }) }),
)

const list = z.array(z.object({ id: z.string(), name: z.string() }))
/** A bare list, or one in a member: both have been seen. */
const environments = z.union([
  list,
  z.object({ item: list }).transform(({ item }) => item),
  z.object({ environments: list }).transform(({ environments }) => environments),
])

export const bigpanda = connector({
  id: 'bigpanda',
  name: 'BigPanda',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.bigpanda.io'],
  alertSource: 'bigpanda',
  revokeHint: 'Delete the API key under Settings, API Keys in BigPanda.',
  original: {
    prefixes: ['/bigpanda'],
    connected: (shown) => ({ connected: true, ...shown }),
  },
  form: { schema: form, read: (input) => ok({ secret: input, settings: {} }) },
  secret,
  settings: noSettings,
  details,
  prove: async (ctx, _candidate, access) =>
    mapOk(await listed(ctx, access, { 401: REFUSED, 403: REFUSED }), (all) => ({
      accountId: 'bigpanda.io',
      accountName: 'BigPanda',
      details: { environmentCount: all.length },
    })),
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiToken) },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await listed(ctx, access), (all) =>
      sliceOf(
        all.map(({ id, name }) => ({ id, name, type: 'environment', details: {} })),
        cursor,
      ),
    ),
  operations,
})

const listed = (
  ctx: VendorCtx,
  access: Access,
  judgement?: Judgement,
): Promise<Outcome<z.infer<typeof list>>> =>
  ask(ctx.fetch, `${API}/v2.0/environments`, { headers: headersOf(access) }, environments, judgement)
