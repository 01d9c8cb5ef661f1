import * as z from 'zod'

export const API = 'https://app.netdata.cloud'

/** What using the secret needs. */
export const settings = z.object({ baseUrl: z.literal(API), spaceName: z.string().nullable() })

/** What status may show. */
export const details = settings.extend({ spaceName: z.string(), spaceId: z.string() })

export type Details = z.infer<typeof details>
