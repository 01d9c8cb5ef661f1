/** Datadog: an API key and an application key of one site. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import { ok } from '../outcome'
import { withQuery } from '../read'
import { details, settings } from './details'
import { operations } from './operations'
import { API_HOSTS, siteOf } from './site'

const secret = z.object({ apiKey: z.string(), appKey: z.string() })

const form = z.object({
  apiKey: text({ error: 'Datadog API key is required', max: 200 }),
  appKey: text({ error: 'Datadog application key is required', max: 200 }),
  site: optional(z.string({ error: 'Invalid site' })).transform((value, context) => {
    const site = siteOf(value ?? 'us')
    if (site !== null) return site
    context.addIssue({ code: 'custom', message: 'Invalid Datadog site' })
    return z.NEVER
  }),
  serviceAccountName: optional(text({ error: 'Invalid serviceAccountName', max: 200 })),
})

const REFUSED = { kind: 'credential_refused', text: 'Unable to validate Datadog credentials' } as const
const keys = ({ apiKey, appKey }: z.infer<typeof secret>) => ({
  'DD-API-KEY': apiKey,
  'DD-APPLICATION-KEY': appKey,
})

const validation = z.object({ status: z.string() })
const orgs = z.object({ orgs: z.array(z.object({ name: z.string() })) })
const monitors = z.array(
  z.object({ id: z.number(), name: z.string(), type: z.string(), overall_state: z.string().nullish() }),
)
const PAGE = 100

export const datadog = connector({
  id: 'datadog',
  name: 'Datadog',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: API_HOSTS,
  alertSource: 'datadog',
  revokeHint: 'Delete the API and application key in Datadog.',
  summary: ['site'],
  original: {
    prefixes: ['/datadog'],
    disconnected: (removed) => ({ tokensDeleted: removed, eventsDeleted: 0 }),
  },
  form: {
    schema: form,
    read: ({ apiKey, appKey, site, serviceAccountName }) =>
      ok({ secret: { apiKey, appKey }, settings: { site, serviceAccountName: serviceAccountName ?? null } }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { secret, settings }) => {
    const baseUrl = `https://api.${settings.site}`
    const headers = keys(secret)
    const valid = await ask(ctx.fetch, `${baseUrl}/api/v2/validate_keys`, { headers }, validation, {
      401: REFUSED,
      403: REFUSED,
    })
    if (valid.kind !== 'ok') return valid
    if (valid.value.status !== 'ok') return REFUSED
    // A scoped key may not read its organisation: that is no reason to refuse it.
    const found = await ask(ctx.fetch, `${baseUrl}/api/v1/org`, { headers }, orgs)
    const org = found.kind === 'ok' ? (found.value.orgs[0]?.name ?? null) : null
    return ok({
      accountId: settings.site,
      accountName: org ?? settings.site,
      details: { ...settings, baseUrl, org, validated: true },
    })
  },
  access: { kind: 'static', of: ({ secret }) => headerAccess(keys(secret)) },
  resources: async (ctx, { access, details }, cursor) => {
    const page = Number(cursor ?? '0')
    const url = withQuery(`${details.baseUrl}/api/v1/monitor`, { page, page_size: PAGE })
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, monitors)
    if (found.kind !== 'ok') return found
    return ok({
      resources: found.value.map(({ id, name, type, overall_state }) => ({
        id: String(id),
        name,
        type: 'monitor',
        details: { kind: type, state: overall_state ?? null },
      })),
      nextCursor: found.value.length < PAGE ? null : String(page + 1),
    })
  },
  operations,
})
