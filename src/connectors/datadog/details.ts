import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ site: z.string(), serviceAccountName: z.string().nullable() })

/** What status may show. */
export const details = settings.extend({
  baseUrl: z.string(),
  org: z.string().nullable(),
  validated: z.boolean(),
})

export type Details = z.infer<typeof details>
