/** The app's own access to Google Chat: a service account of the deployment speaks in every customer's space. */
import * as z from 'zod'
import { bearer, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { assertionOf } from '../gcp/service-account'
import { TOKEN_URL } from '../gcp/details'
import { mapOk, type Outcome } from '../outcome'
import { settingOf, type Settings } from '../settings'
import { BOT_SCOPE } from './details'

export const ACCOUNT = 'GOOGLE_CHAT_SERVICE_ACCOUNT_KEY'

const key = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().nullable().default(null),
})

/** The deployment's service account; null when there is none, or when the variable is not its key. */
export function accountOf(settings: Settings): z.infer<typeof key> | null {
  try {
    const parsed = key.safeParse(JSON.parse(settingOf(settings, ACCOUNT) ?? 'null'))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** An access of an hour. Whatever goes wrong here is the deployment's trouble, never the customer's. */
export async function mintBot(
  ctx: VendorCtx,
): Promise<Outcome<{ readonly access: Access; readonly expiresAt: number }>> {
  const account = accountOf(ctx.settings)
  const assertion = account === null ? null : await assertionOf(account, ctx.now(), BOT_SCOPE)
  if (assertion === null) return { kind: 'vendor_error' }
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    }).toString(),
  } as const
  const trouble = { kind: 'vendor_error' } as const
  const answer = await ask(ctx.fetch, TOKEN_URL, init, granted, { 400: trouble, 401: trouble, 403: trouble })
  return mapOk(answer, ({ access_token, expires_in }) => ({
    access: bearer(access_token),
    expiresAt: ctx.now() + expires_in * 1000,
  }))
}
