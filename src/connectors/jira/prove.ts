/** Who the credential is on a Jira site. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { hostOf, type SiteSettings } from '../atlassian/site'
import type { SharedProof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { restOf, type Details } from './details'

const user = z.object({ displayName: z.string().nullish(), emailAddress: z.string().nullish() })
const REFUSED = { kind: 'credential_refused', text: 'Failed to validate Jira PAT' } as const

export async function proveSite(
  ctx: VendorCtx,
  settings: SiteSettings,
  access: Access,
): Promise<Outcome<SharedProof<Details>>> {
  const refused = settings.authType === 'oauth' ? ({ kind: 'expired' } as const) : REFUSED
  const init = { headers: { accept: 'application/json', ...headersOf(access) } }
  const answer = await ask(ctx.fetch, `${restOf(settings)}/myself`, init, user, { 401: refused })
  return mapOk(answer, ({ displayName, emailAddress }) => ({
    accountId: settings.baseUrl,
    accountName: hostOf(settings.baseUrl),
    details: { ...settings, userDisplayName: displayName ?? null, userEmail: emailAddress || null },
  }))
}
