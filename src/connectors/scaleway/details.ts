import * as z from 'zod'

export const API = 'https://api.scaleway.com'

/** What using the secret needs. */
export const settings = z.object({
  accessKey: z.string(),
  organizationId: z.string().nullable(),
  projectId: z.string().nullable(),
})

/** What status may show. */
export const details = settings.extend({ organizationId: z.string(), projectsCount: z.int() })

export type Details = z.infer<typeof details>
