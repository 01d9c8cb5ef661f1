/** How Bitbucket is reached: with an API token as it is, or with a two-hour token for a refresh token. */
import * as z from 'zod'
import { bearer, headerAccess } from '../access'
import { ask, basic } from '../ask'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { settingOf } from '../settings'

export const CLIENT = { id: 'BITBUCKET_CLIENT_ID', secret: 'BITBUCKET_CLIENT_SECRET' } as const
export const TOKEN_URL = 'https://bitbucket.org/site/oauth2/access_token'
const HOUR_MS = 3_600_000

export const secret = z.discriminatedUnion('auth_type', [
  z.object({ auth_type: z.literal('api_token'), email: z.string(), api_token: z.string() }),
  z.object({ auth_type: z.literal('oauth'), refresh_token: z.string() }),
])
export type Secret = z.infer<typeof secret>

const granted = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive(),
})

export async function mint(
  ctx: VendorCtx,
  { secret }: Candidate<Secret, unknown>,
): Promise<Outcome<Minted<Secret>>> {
  // An API token is as good as it will ever be: there is nobody to ask.
  if (secret.auth_type === 'api_token') {
    const access = headerAccess({ authorization: basic(secret.email, secret.api_token) })
    return ok({ access, expiresAt: ctx.now() + HOUR_MS })
  }
  const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
  if (id === null || key === null) return { kind: 'vendor_error' }
  const init = {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: basic(id, key),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: secret.refresh_token }),
  } as const
  // 401 is the client's own trouble; a refresh token that ended is 400.
  const refreshed = await ask(ctx.fetch, TOKEN_URL, init, granted, {
    400: { kind: 'expired' },
    401: { kind: 'vendor_error' },
  })
  return mapOk(refreshed, ({ access_token, refresh_token, expires_in }) => ({
    access: bearer(access_token),
    expiresAt: ctx.now() + expires_in * 1000,
    ...(refresh_token == null || refresh_token === secret.refresh_token
      ? {}
      : { rotated: { auth_type: 'oauth' as const, refresh_token } }),
  }))
}
