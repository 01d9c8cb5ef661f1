/** Entra ID's tokens for Microsoft Graph. */
import * as z from 'zod'
import { bearer } from '../access'
import { jsonOf } from '../ask'
import type { Candidate, Minted } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import type { Endpoints } from '../oauth'
import type { Outcome } from '../outcome'
import { refreshGrant } from '../refresh-grant'
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

const failure = z.object({ error: z.string() })

/** Entra ID says with these that the person must come back. */
const ENDED = new Set(['invalid_grant', 'interaction_required', 'consent_required', 'login_required'])

export async function mint(
  ctx: VendorCtx,
  { secret }: Pick<Candidate<Secret, unknown>, 'secret'>,
): Promise<Outcome<Minted<Secret>>> {
  const endpoints = endpointsOf(ctx.settings)
  if (endpoints === null) return { kind: 'vendor_error' }
  return refreshGrant(ctx, {
    url: endpoints.token,
    client: CLIENT,
    clientAuth: 'form',
    body: 'form',
    refreshToken: secret.refresh_token,
    hasEnded: (answer) => {
      const failed = failure.safeParse(jsonOf(answer))
      return failed.success && ENDED.has(failed.data.error)
    },
    access: bearer,
    secretOf: (refresh_token) => ({ refresh_token }),
  })
}
