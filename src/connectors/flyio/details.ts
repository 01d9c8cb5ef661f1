import * as z from 'zod'

export const API = 'https://api.machines.dev/v1'

/** What using the secret needs; the tier is what the person declares, nobody tries it out. */
export const settings = z.object({ org_slug: z.string(), tier: z.string() })

/** What status may show. */
export const details = settings.extend({
  apps: z.array(z.object({ name: z.string(), status: z.string().nullable() })),
})

export type Details = z.infer<typeof details>
