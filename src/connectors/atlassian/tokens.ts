/** Atlassian's tokens: an hour long, and every refresh token works once. */
import * as z from 'zod'
import { bearer } from '../access'
import { jsonOf, readAs } from '../ask'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { settingOf } from '../settings'
import { AUTH } from './details'

export const CLIENT = { id: 'ATLASSIAN_CLIENT_ID', secret: 'ATLASSIAN_CLIENT_SECRET' } as const
export const TOKEN_URL = `${AUTH}/oauth/token`

export const secret = z.object({ refresh_token: z.string().min(1) })
export type Secret = z.infer<typeof secret>

const granted = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive(),
})
const failure = z.object({ error: z.string(), error_description: z.string().nullish() })

export async function mint(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> {
  const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
  if (id === null || key === null) return { kind: 'vendor_error' }
  const { refresh_token } = secret
  const answer = await ctx.fetch(TOKEN_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ grant_type: 'refresh_token', client_id: id, client_secret: key, refresh_token }),
  })
  if (answer.kind !== 'ok') return answer
  if (isEnd(jsonOf(answer.value))) return { kind: 'expired' }
  // Any other refusal is about our client, not about the customer's grant.
  const trouble = { kind: 'vendor_error' } as const
  const token = readAs(answer.value, granted, { 400: trouble, 401: trouble, 403: trouble })
  return mapOk(token, (it) => ({
    access: bearer(it.access_token),
    expiresAt: ctx.now() + it.expires_in * 1000,
    rotated: { refresh_token: it.refresh_token ?? refresh_token },
  }))
}

/** Atlassian says with several statuses that a grant is over. */
function isEnd(body: unknown): boolean {
  const failed = failure.safeParse(body)
  if (!failed.success) return false
  const { error, error_description } = failed.data
  return error === 'invalid_grant' || /refresh.?token is invalid/i.test(error_description ?? '')
}
