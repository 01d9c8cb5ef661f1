/** Access tokens from Google's token endpoint, for a refresh token or a signed assertion. */
import * as z from 'zod'
import { bearer } from '../access'
import { jsonOf, readAs } from '../ask'
import type { Candidate, Minted, Revocation } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome, type Refusal } from '../outcome'
import { settingOf } from '../settings'
import { TOKEN_URL, type Secret } from './details'
import { assertionOf } from './service-account'

export const CLIENT = { id: 'GOOGLE_CLIENT_ID', secret: 'GOOGLE_CLIENT_SECRET' } as const
const MALFORMED = { kind: 'credential_refused', text: 'Service account key is malformed' } as const
const REJECTED = { kind: 'credential_refused', text: 'Google rejected the service account key' } as const

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
const failure = z.object({ error: z.string() })

export async function mint(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> {
  if ('refresh_token' in secret) {
    const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
    if (id === null || key === null) return { kind: 'vendor_error' }
    const { refresh_token } = secret
    return askForToken(
      ctx,
      { grant_type: 'refresh_token', refresh_token, client_id: id, client_secret: key },
      { kind: 'expired' },
    )
  }
  const assertion = await assertionOf(secret, ctx.now())
  return assertion === null
    ? MALFORMED
    : askForToken(ctx, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }, REJECTED)
}

/** @param refused what it means that the grant is invalid; any other error is ours or Google's, not the customer's */
async function askForToken(
  ctx: VendorCtx,
  parameters: Readonly<Record<string, string>>,
  refused: Refusal,
): Promise<Outcome<Minted<Secret>>> {
  const answer = await postForm(ctx, TOKEN_URL, parameters)
  if (answer.kind !== 'ok') return answer
  const failed = failure.safeParse(jsonOf(answer.value))
  const ownTrouble = failed.success && failed.data.error === 'invalid_client' && refused.kind === 'expired'
  const token = readAs(
    answer.value,
    granted,
    ownTrouble ? { 401: { kind: 'vendor_error' } } : { 400: refused, 401: refused },
  )
  return mapOk(token, ({ access_token, expires_in }) => ({
    access: bearer(access_token),
    expiresAt: ctx.now() + expires_in * 1000,
  }))
}

/** Ends the whole grant of the account; a service-account key can only be deleted by its owner. */
export async function revoke(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Revocation> {
  if (!('refresh_token' in secret)) return 'unsupported'
  const answer = await postForm(ctx, 'https://oauth2.googleapis.com/revoke', { token: secret.refresh_token })
  if (answer.kind !== 'ok') return 'failed'
  if (answer.value.status === 200) return 'revoked'
  const failed = failure.safeParse(jsonOf(answer.value))
  return answer.value.status === 400 && failed.success && failed.data.error === 'invalid_token'
    ? 'already'
    : 'failed'
}

const postForm = (ctx: VendorCtx, url: string, parameters: Readonly<Record<string, string>>) =>
  ctx.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(parameters).toString(),
  })
