import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ baseUrl: z.string() })

/** What status may show. */
export const details = settings.extend({
  clusterName: z.string(),
  version: z.string(),
  distribution: z.enum(['elasticsearch', 'opensearch']),
  authType: z.enum(['apiKey', 'basic']),
})

export type Details = z.infer<typeof details>
