/** How Bitbucket is reached: with an API token as it is, or with a two-hour token for a refresh token. */
import * as z from 'zod'
import { bearer, headerAccess } from '../access'
import { basic } from '../ask'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { refreshGrant } from '../refresh-grant'

export const CLIENT = { id: 'BITBUCKET_CLIENT_ID', secret: 'BITBUCKET_CLIENT_SECRET' } as const
export const TOKEN_URL = 'https://bitbucket.org/site/oauth2/access_token'
const HOUR_MS = 3_600_000

export const secret = z.discriminatedUnion('auth_type', [
  z.object({ auth_type: z.literal('api_token'), email: z.string(), api_token: z.string() }),
  z.object({ auth_type: z.literal('oauth'), refresh_token: z.string() }),
])
export type Secret = z.infer<typeof secret>

export async function mint(
  ctx: VendorCtx,
  { secret }: Candidate<Secret, unknown>,
): Promise<Outcome<Minted<Secret>>> {
  // An API token is as good as it will ever be: there is nobody to ask.
  if (secret.auth_type === 'api_token') {
    const access = headerAccess({ authorization: basic(secret.email, secret.api_token) })
    return ok({ access, expiresAt: ctx.now() + HOUR_MS })
  }
  return refreshGrant(ctx, {
    url: TOKEN_URL,
    client: CLIENT,
    clientAuth: 'basic',
    body: 'form',
    refreshToken: secret.refresh_token,
    // 401 is the client's own trouble; a refresh token that ended is 400.
    hasEnded: ({ status }) => status === 400,
    access: bearer,
    secretOf: (refresh_token) => ({ auth_type: 'oauth', refresh_token }),
  })
}
