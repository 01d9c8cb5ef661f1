/** Who the credential is on a Confluence site. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { hostOf, type SiteSettings } from '../atlassian/site'
import type { SharedProof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { rootOf, type Details } from './details'

const user = z.object({
  type: z.string().nullish(),
  displayName: z.string().nullish(),
  publicName: z.string().nullish(),
  email: z.string().nullish(),
})
const REFUSED = { kind: 'credential_refused', text: 'Failed to validate Confluence PAT' } as const

export async function proveSite(
  ctx: VendorCtx,
  settings: SiteSettings,
  access: Access,
): Promise<Outcome<SharedProof<Details>>> {
  const url = `${rootOf(settings)}/rest/api/user/current`
  const refused = settings.authType === 'oauth' ? ({ kind: 'expired' } as const) : REFUSED
  const init = { headers: { accept: 'application/json', ...headersOf(access) } }
  const answer = await ask(ctx.fetch, url, init, user, { 401: refused })
  if (answer.kind !== 'ok') return answer
  // A site that is open to everybody answers a wrong token as it answers nobody.
  if (answer.value.type === 'anonymous') return refused
  const { displayName, publicName, email } = answer.value
  return ok({
    accountId: settings.baseUrl,
    accountName: hostOf(settings.baseUrl),
    details: {
      ...settings,
      userDisplayName: displayName ?? publicName ?? null,
      userEmail: email || null,
    },
  })
}
