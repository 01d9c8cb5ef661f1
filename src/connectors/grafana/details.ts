import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ baseUrl: z.string() })

/** What status may show. */
export const details = settings.extend({ orgName: z.string(), validated: z.boolean() })

export type Details = z.infer<typeof details>
