import * as z from 'zod'

export const API = 'https://api.bigpanda.io/resources'

/** What status may show. */
export const details = z.object({ environmentCount: z.int() })

export type Details = z.infer<typeof details>
