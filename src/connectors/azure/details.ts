import * as z from 'zod'

export const API = 'https://management.azure.com'

/** The main secret, and that of the read-only pair where there is one. */
export const secret = z.object({ clientSecret: z.string(), readOnlySecret: z.string().nullable() })

const identity = z.object({ tenantId: z.string(), clientId: z.string() })

/** What using the secrets needs. */
export const settings = identity.extend({
  readOnly: identity.nullable(),
  /** The subscription that was asked for; null for the first that is enabled. */
  wanted: z.string().nullable(),
})

/** What status may show. */
export const details = settings.extend({
  subscriptionId: z.string(),
  subscriptionName: z.string(),
  hasReadOnly: z.boolean(),
})

export type Details = z.infer<typeof details>
export type Identity = z.infer<typeof identity>
