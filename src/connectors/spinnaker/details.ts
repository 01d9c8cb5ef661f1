import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ baseUrl: z.string(), username: z.string() })

/** What status may show. */
export const details = settings.extend({
  authType: z.literal('token'),
  applications: z.int(),
  cloudAccounts: z.array(z.string()),
})

export type Details = z.infer<typeof details>
