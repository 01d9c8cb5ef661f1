import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ url: z.string() })

/** What status may show. */
export const details = settings.extend({
  projects: z.array(z.object({ id: z.string(), name: z.string() })),
})

export type Details = z.infer<typeof details>
