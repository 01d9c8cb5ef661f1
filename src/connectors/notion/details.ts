import * as z from 'zod'

export const API = 'https://api.notion.com/v1'

/** Notion chooses the shape of its answers by this header. */
export const VERSION = '2022-06-28'

/** What using the secret needs: an internal integration's token, or that of a login. */
export const settings = z.object({ authType: z.enum(['iit', 'oauth']) })

/** What status may show. */
export const details = settings.extend({ workspaceName: z.string().nullable() })

export type Details = z.infer<typeof details>
