/** PagerDuty: an API token that somebody pasted, or a login with rotating refresh tokens. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { mapOk, ok, type Outcome } from '../outcome'
import { numberOf } from '../paging'
import { withQuery } from '../read'
import { refreshGrant } from '../refresh-grant'
import { ACCEPT, API, details, settings } from './details'
import { operations } from './operations'
import { prove } from './prove'

const CLIENT = { id: 'PAGERDUTY_CLIENT_ID', secret: 'PAGERDUTY_CLIENT_SECRET' } as const
const TOKEN_URL = 'https://app.pagerduty.com/oauth/token'
const HOUR_MS = 3_600_000
const PAGE = 100

const secret = z.discriminatedUnion('authType', [
  z.object({ authType: z.literal('api_token'), token: z.string() }),
  z.object({ authType: z.literal('oauth'), refreshToken: z.string() }),
])
type Secret = z.infer<typeof secret>

const form = alsoNamed(
  { apiToken: 'token', api_token: 'token', display_name: 'displayName' },
  z.object({
    token: text({ error: 'Token required', max: 500 }),
    displayName: optional(text({ error: 'Invalid displayName', max: 200 })),
  }),
)

const services = z.object({
  services: z.array(z.object({ id: z.string(), name: z.string(), status: z.string().nullish() })),
  more: z.boolean(),
})

export const pagerduty = connector({
  id: 'pagerduty',
  name: 'PagerDuty',
  category: 'incident',
  kinds: ['api_key', 'oauth_code'],
  multiAccount: false,
  hosts: ['api.pagerduty.com', 'app.pagerduty.com'],
  alertSource: 'pagerduty',
  revokeHint: 'Delete the API token in PagerDuty, or remove the application from your user settings there.',
  summary: ['authType'],
  original: { prefixes: ['/pagerduty'], unauthorized: true },
  form: {
    schema: form,
    read: ({ token, displayName }) =>
      ok({
        secret: { authType: 'api_token', token },
        settings: { authType: 'api_token', displayName: displayName ?? null },
      }),
  },
  oauth: {
    endpoints: { authorize: 'https://app.pagerduty.com/oauth/authorize', token: TOKEN_URL },
    client: () => CLIENT,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    scopes: () => ['openid', 'users.read', 'incidents.read', 'services.read'],
    requiredScopes: [],
    redirect: { base: 'api', path: '/pagerduty/oauth/callback' },
    needsRefreshToken: true,
    read: ({ refreshToken }, _endpoint, stored) => {
      const kept = stored?.authType === 'oauth' ? stored.refreshToken : null
      const token = refreshToken ?? kept
      return token === null
        ? { kind: 'credential_refused' }
        : ok({
            secret: { authType: 'oauth', refreshToken: token },
            settings: { authType: 'oauth', displayName: null },
          })
    },
  },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove<Secret>(ctx, settings, access),
  access: {
    kind: 'minted',
    mint: async (ctx, candidate) => mint(ctx, candidate),
  },
  resources: async (ctx, { access }, cursor) => {
    const offset = numberOf(cursor, 0)
    const url = withQuery(`${API}/services`, { limit: PAGE, offset })
    return mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, services), (found) => ({
      resources: found.services.map(({ id, name, status }) => ({
        id,
        name,
        type: 'service',
        details: { status: status ?? null },
      })),
      nextCursor: found.more ? String(offset + PAGE) : null,
    }))
  },
  operations,
})

const accessWith = (authorization: string): Access => headerAccess({ authorization, accept: ACCEPT })

async function mint(
  ctx: VendorCtx,
  { secret }: Candidate<Secret, unknown>,
): Promise<Outcome<Minted<Secret>>> {
  // An API token is as good as it will ever be: there is nobody to ask.
  if (secret.authType === 'api_token')
    return ok({ access: accessWith(`Token token=${secret.token}`), expiresAt: ctx.now() + HOUR_MS })
  return refreshGrant(ctx, {
    url: TOKEN_URL,
    client: CLIENT,
    clientAuth: 'form',
    body: 'form',
    refreshToken: secret.refreshToken,
    hasEnded: ({ status }) => status === 400 || status === 401,
    access: (token) => accessWith(`Bearer ${token}`),
    secretOf: (refreshToken) => ({ authType: 'oauth', refreshToken }),
  })
}
