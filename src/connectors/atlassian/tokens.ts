/** Atlassian's tokens: an hour long, and every refresh token works once. */
import * as z from 'zod'
import { bearer } from '../access'
import { jsonOf } from '../ask'
import type { VendorAnswer } from '../egress'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import type { Outcome } from '../outcome'
import { refreshGrant } from '../refresh-grant'
import { AUTH } from './details'

export const CLIENT = { id: 'ATLASSIAN_CLIENT_ID', secret: 'ATLASSIAN_CLIENT_SECRET' } as const
export const TOKEN_URL = `${AUTH}/oauth/token`

export const secret = z.object({ refresh_token: z.string().min(1) })
export type Secret = z.infer<typeof secret>

const failure = z.object({ error: z.string(), error_description: z.string().nullish() })

export const mint = (
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> =>
  refreshGrant(ctx, {
    url: TOKEN_URL,
    client: CLIENT,
    clientAuth: 'form',
    body: 'json',
    refreshToken: secret.refresh_token,
    hasEnded,
    access: bearer,
    secretOf: (refresh_token) => ({ refresh_token }),
  })

/** Atlassian says with several statuses that a grant is over. */
function hasEnded(answer: VendorAnswer): boolean {
  const failed = failure.safeParse(jsonOf(answer))
  if (!failed.success) return false
  const { error, error_description } = failed.data
  return error === 'invalid_grant' || /refresh.?token is invalid/i.test(error_description ?? '')
}
