/** Slack's bot tokens: long-lived, or of twelve hours with a refresh token where the app rotates them. */
import * as z from 'zod'
import { bearer, headerAccess, type Access } from '../access'
import type { Candidate, Minted, Revocation } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { settingOf } from '../settings'
import { askSlack, callSlack } from './call'

export const CLIENT = { id: 'SLACK_CLIENT_ID', secret: 'SLACK_CLIENT_SECRET' } as const
const HOUR_MS = 3_600_000

export const secret = z.union([z.object({ token: z.string() }), z.object({ refresh_token: z.string() })])
export type Secret = z.infer<typeof secret>

const refreshed = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.number().positive(),
})

export async function mint(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> {
  if ('token' in secret) return ok({ access: bearer(secret.token), expiresAt: ctx.now() + HOUR_MS })
  const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
  if (id === null || key === null) return { kind: 'vendor_error' }
  const parameters = {
    grant_type: 'refresh_token',
    refresh_token: secret.refresh_token,
    client_id: id,
    client_secret: key,
  }
  const nobody: Access = headerAccess({})
  const answer = await callSlack(ctx, nobody, 'oauth.v2.access', parameters, refreshed)
  if (answer.kind === 'refused')
    return answer.code === 'invalid_refresh_token' ? { kind: 'expired' } : { kind: 'vendor_error' }
  return mapOk(answer, ({ access_token, refresh_token, expires_in }) => ({
    access: bearer(access_token),
    expiresAt: ctx.now() + expires_in * 1000,
    rotated: { refresh_token },
  }))
}

/** Ends the token; a rotating one is renewed first, since Slack revokes what is presented. */
export async function revoke(
  ctx: VendorCtx,
  candidate: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Revocation> {
  const minted = await mint(ctx, candidate)
  if (minted.kind !== 'ok') return minted.kind === 'expired' ? 'already' : 'failed'
  const schema = z.object({ revoked: z.boolean().nullish() })
  const answer = await askSlack(ctx, minted.value.access, 'auth.revoke', {}, schema)
  if (answer.kind === 'expired') return 'already'
  return answer.kind === 'ok' ? 'revoked' : 'failed'
}
