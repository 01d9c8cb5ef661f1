import * as z from 'zod'

export const API = 'https://api.github.com'

/** What status may show. */
export const details = z.object({
  username: z.string(),
  authType: z.literal('oauth'),
  scopes: z.array(z.string()),
})

export type Details = z.infer<typeof details>
