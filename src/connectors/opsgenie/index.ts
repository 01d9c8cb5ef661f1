/** Opsgenie with an API key, or its successor in Jira Service Management with a person's API token. */
import * as z from 'zod'
import { headerAccess, headersOf, type Access } from '../access'
import { basic, readAs, type Judgement } from '../ask'
import { connector, type VendorCtx } from '../connector'
import { mapOk, type Outcome } from '../outcome'
import { numberOf } from '../paging'
import { withQuery } from '../read'
import { details, jsmApi, opsgenieHost, settings } from './details'
import { form, readForm, secret } from './form'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'OpsGenie refused the credential' } as const
// A key whose form is wrong gets 422.
const REFUSALS: Judgement = { 401: REFUSED, 403: REFUSED, 422: REFUSED }
const PAGE = 100

const account = z.object({
  data: z.object({ name: z.string(), plan: z.object({ name: z.string().nullish() }).nullish() }),
})
const tenant = z.object({ cloudId: z.string().min(1) })
const alerts = z.object({})
const services = z.object({
  data: z.array(z.object({ id: z.string(), name: z.string() })),
  paging: z.object({ next: z.string().nullish() }).nullish(),
})
const schedules = z.object({
  values: z.array(z.object({ id: z.string(), name: z.string() })),
  links: z.object({ next: z.string().nullish() }).nullish(),
})

export const opsgenie = connector({
  id: 'opsgenie',
  name: 'Opsgenie',
  category: 'incident',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.opsgenie.com', 'api.eu.opsgenie.com', 'api.atlassian.com', '*.atlassian.net'],
  alertSource: 'opsgenie',
  revokeHint: 'Delete the API key in Opsgenie, or the API token in your Atlassian account.',
  original: {
    prefixes: ['/opsgenie'],
    connected: withoutCloudId,
    status: withoutCloudId,
  },
  form: { schema: form, read: readForm },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    if (settings.authType === 'jsm_basic') {
      // The site tells its id to everyone; the credential does not go there.
      const site = await get(ctx, null, `${settings.siteUrl}/_edge/tenant_info`, tenant)
      if (site.kind !== 'ok') return site
      const { cloudId } = site.value
      const seen = await get(ctx, access, `${jsmApi(cloudId)}/alerts?limit=1`, alerts, REFUSALS)
      return mapOk(seen, () => ({
        accountId: settings.siteUrl,
        accountName: 'JSM Operations',
        details: { ...settings, accountName: 'JSM Operations', cloudId, validated: true },
      }))
    }
    const found = await get(ctx, access, `${opsgenieHost(settings.region)}/v2/account`, account, REFUSALS)
    return mapOk(found, ({ data: { name, plan } }) => ({
      accountId: name,
      accountName: name,
      region: settings.region,
      details: { ...settings, accountName: name, plan: plan?.name ?? null, validated: true },
    }))
  },
  access: {
    kind: 'static',
    of: ({ secret }) =>
      headerAccess({
        authorization:
          secret.authType === 'api_key' ? `GenieKey ${secret.apiKey}` : basic(secret.email, secret.apiToken),
      }),
  },
  resources: async (ctx, { access, details }, cursor) => {
    const offset = numberOf(cursor, 0)
    const after = (next: string | null | undefined): string | null =>
      next == null ? null : String(offset + PAGE)
    if (details.authType === 'api_key') {
      const url = withQuery(`${opsgenieHost(details.region)}/v1/services`, { limit: PAGE, offset })
      return mapOk(await get(ctx, access, url, services), ({ data, paging }) => ({
        resources: data.map(({ id, name }) => ({ id, name, type: 'service', details: {} })),
        nextCursor: after(paging?.next),
      }))
    }
    const url = withQuery(`${jsmApi(details.cloudId)}/schedules`, { size: PAGE, offset })
    return mapOk(await get(ctx, access, url, schedules), ({ values, links }) => ({
      resources: values.map(({ id, name }) => ({ id, name, type: 'schedule', details: {} })),
      nextCursor: after(links?.next),
    }))
  },
  operations,
})

/** A GET; Opsgenie also says in a header that it is throttling. */
async function get<T>(
  ctx: VendorCtx,
  access: Access | null,
  url: string,
  schema: z.ZodType<T>,
  judgement?: Judgement,
): Promise<Outcome<T>> {
  const answer = await ctx.fetch(url, access === null ? {} : { headers: headersOf(access) })
  if (answer.kind !== 'ok') return answer
  if (answer.value.headers.get('x-ratelimit-state') === 'THROTTLED')
    return { kind: 'rate_limited', retryAfterSeconds: 30 }
  return readAs(answer.value, schema, judgement)
}

/** The site's id is for calls, not for people. */
function withoutCloudId(details: Readonly<Record<string, unknown>>) {
  const { cloudId: _, ...shown } = details
  return shown
}
