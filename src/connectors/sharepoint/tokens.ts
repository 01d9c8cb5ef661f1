/** Entra ID's tokens for Microsoft Graph. */
import * as z from 'zod'
import { bearer } from '../access'
import { jsonOf, readAs } from '../ask'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import type { Endpoints } from '../oauth'
import { mapOk, type Outcome } from '../outcome'
import { settingOf, type Settings } from '../settings'

export const CLIENT = { id: 'SHAREPOINT_CLIENT_ID', secret: 'SHAREPOINT_CLIENT_SECRET' } as const
export const TENANT = 'SHAREPOINT_TENANT_ID'

export const secret = z.object({ refresh_token: z.string().min(1) })
export type Secret = z.infer<typeof secret>

/** The endpoints of the deployment's tenant; without one, any organisation's account may log in. */
export function endpointsOf(settings: Settings): Endpoints | null {
  const tenant = settingOf(settings, TENANT) ?? 'organizations'
  if (!/^[A-Za-z0-9.-]{1,100}$/.test(tenant)) return null
  const base = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0`
  return { authorize: `${base}/authorize`, token: `${base}/token` }
}

const granted = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive(),
})
const failure = z.object({ error: z.string() })

/** Entra ID says with these that the person must come back. */
const ENDED = new Set(['invalid_grant', 'interaction_required', 'consent_required', 'login_required'])

export async function mint(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> {
  const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
  const endpoints = endpointsOf(ctx.settings)
  if (id === null || key === null || endpoints === null) return { kind: 'vendor_error' }
  const { refresh_token } = secret
  const answer = await ctx.fetch(endpoints.token, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: id,
      client_secret: key,
      refresh_token,
    }).toString(),
  })
  if (answer.kind !== 'ok') return answer
  const failed = failure.safeParse(jsonOf(answer.value))
  if (failed.success && ENDED.has(failed.data.error)) return { kind: 'expired' }
  const trouble = { kind: 'vendor_error' } as const
  return mapOk(readAs(answer.value, granted, { 400: trouble, 401: trouble, 403: trouble }), (it) => ({
    access: bearer(it.access_token),
    expiresAt: ctx.now() + it.expires_in * 1000,
    rotated: { refresh_token: it.refresh_token ?? refresh_token },
  }))
}
