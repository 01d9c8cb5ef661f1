import * as z from 'zod'

export const API = 'https://api.incident.io'

/** What status may show. */
export const details = z.object({ keyName: z.string().nullable(), dashboardUrl: z.string().nullable() })

export type Details = z.infer<typeof details>
