import * as z from 'zod'

export const API = 'https://api.pagerduty.com'

/** PagerDuty chooses the version of its answers by this header. */
export const ACCEPT = 'application/vnd.pagerduty+json;version=2'

/** What using the secret needs. */
export const settings = z.object({
  authType: z.enum(['api_token', 'oauth']),
  displayName: z.string().nullable(),
})

/** What status may show. */
export const details = settings.extend({
  capabilities: z.array(z.string()),
  externalUserEmail: z.string().nullable(),
  externalUserName: z.string().nullable(),
  accountSubdomain: z.string().nullable(),
})

export type Details = z.infer<typeof details>
