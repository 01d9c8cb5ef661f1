import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ baseUrl: z.string() })

/** What status may show. */
export const details = settings.extend({
  server: z.object({ name: z.string(), version: z.string(), instanceType: z.string().nullable() }),
  username: z.string(),
})

export type Details = z.infer<typeof details>
