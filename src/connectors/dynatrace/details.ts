import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ environmentUrl: z.string() })

/** What status may show. */
export const details = settings.extend({ version: z.string().nullable() })

export type Details = z.infer<typeof details>
