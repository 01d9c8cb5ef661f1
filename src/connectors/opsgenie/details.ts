import * as z from 'zod'

const opsgenieSettings = z.object({ authType: z.literal('api_key'), region: z.enum(['us', 'eu']) })
const jsmSettings = z.object({ authType: z.literal('jsm_basic'), siteUrl: z.string() })
/** A product of the Atlassian login. */
const sharedSettings = z.object({
  authType: z.literal('jsm_oauth'),
  siteUrl: z.string(),
  cloudId: z.string(),
})

/** What using the secret needs. */
export const settings = z.discriminatedUnion('authType', [opsgenieSettings, jsmSettings, sharedSettings])

/** What status may show. */
export const details = z.discriminatedUnion('authType', [
  opsgenieSettings.extend({ accountName: z.string(), plan: z.string().nullable(), validated: z.boolean() }),
  jsmSettings.extend({ accountName: z.string(), cloudId: z.string(), validated: z.boolean() }),
  sharedSettings.extend({ accountName: z.string(), validated: z.boolean() }),
])

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

/** Opsgenie, one host a region. */
export const opsgenieHost = (region: 'us' | 'eu'): string =>
  region === 'eu' ? 'https://api.eu.opsgenie.com' : 'https://api.opsgenie.com'

/** The operations API of a Jira Service Management site. */
export const jsmApi = (cloudId: string): string =>
  `https://api.atlassian.com/jsm/ops/api/${encodeURIComponent(cloudId)}/v1`

/** Where alerts are: the two products answer the same below it. */
export const alertsOf = (details: Details): string =>
  details.authType === 'api_key'
    ? `${opsgenieHost(details.region)}/v2/alerts`
    : `${jsmApi(details.cloudId)}/alerts`
