import * as z from 'zod'

export const API = 'https://api.cloudflare.com/client/v4'

/** What status may show. */
export const details = z.object({
  accountName: z.string(),
  email: z.string().nullable(),
  zonesCount: z.int(),
  permissions: z.array(z.string()),
  tokenType: z.enum(['user', 'account']),
})

export type Details = z.infer<typeof details>
