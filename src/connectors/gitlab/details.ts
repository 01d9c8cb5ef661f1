import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ base_url: z.string() })

/** What status may show. */
export const details = settings.extend({
  username: z.string(),
  token_name: z.string().nullable(),
  /** Null where the instance does not count them. */
  projects_connected: z.int().nullable(),
})

export type Details = z.infer<typeof details>
