import * as z from 'zod'

export const API = 'https://api.thousandeyes.com/v7'

/** What using the secret needs; without a group the token's own counts. */
export const settings = z.object({ account_group_id: z.string().nullable() })

/** What status may show. */
export const details = settings.extend({
  account_groups: z.array(z.object({ id: z.string(), name: z.string() })),
})

export type Details = z.infer<typeof details>
