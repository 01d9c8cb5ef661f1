/** Whose account this is at Opsgenie, or that a site's operations may be read. */
import * as z from 'zod'
import type { Access } from '../access'
import type { Judgement } from '../ask'
import type { SharedProof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { jsmApi, opsgenieHost, type Details, type Settings } from './details'
import { get } from './get'

const REFUSED = { kind: 'credential_refused', text: 'OpsGenie refused the credential' } as const
// A key whose form is wrong gets 422.
const REFUSALS: Judgement = { 401: REFUSED, 403: REFUSED, 422: REFUSED }
const NAME = 'JSM Operations'

const account = z.object({
  data: z.object({ name: z.string(), plan: z.object({ name: z.string().nullish() }).nullish() }),
})
const tenant = z.object({ cloudId: z.string().min(1) })
const alerts = z.object({})

export async function prove(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
): Promise<Outcome<SharedProof<Details> & { readonly region?: string }>> {
  switch (settings.authType) {
    case 'api_key': {
      const url = `${opsgenieHost(settings.region)}/v2/account`
      return mapOk(await get(ctx, access, url, account, REFUSALS), ({ data: { name, plan } }) => ({
        accountId: name,
        accountName: name,
        region: settings.region,
        details: { ...settings, accountName: name, plan: plan?.name ?? null, validated: true },
      }))
    }
    case 'jsm_basic': {
      // The site tells its id to everyone; the credential does not go there.
      const site = await get(ctx, null, `${settings.siteUrl}/_edge/tenant_info`, tenant)
      if (site.kind !== 'ok') return site
      const { cloudId } = site.value
      const seen = await get(ctx, access, `${jsmApi(cloudId)}/alerts?limit=1`, alerts, REFUSALS)
      return mapOk(seen, () => ({
        accountId: settings.siteUrl,
        accountName: NAME,
        details: { ...settings, accountName: NAME, cloudId, validated: true },
      }))
    }
    case 'jsm_oauth':
      return proveOperations(ctx, settings, access)
  }
}

/** The same for a site of the Atlassian login, whose id the login told. */
export async function proveOperations(
  ctx: VendorCtx,
  settings: Extract<Settings, { authType: 'jsm_oauth' }>,
  access: Access,
): Promise<Outcome<SharedProof<Details>>> {
  const judgement: Judgement = { 401: { kind: 'expired' } }
  const seen = await get(ctx, access, `${jsmApi(settings.cloudId)}/alerts?limit=1`, alerts, judgement)
  return mapOk(seen, () => ({
    accountId: settings.siteUrl,
    accountName: NAME,
    details: { ...settings, accountName: NAME, validated: true },
  }))
}
