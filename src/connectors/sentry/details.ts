import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({
  region: z.enum(['us', 'eu']),
  orgSlug: z.string(),
  hasWebhookSecret: z.boolean(),
})

/** What status may show. */
export const details = settings.extend({
  orgName: z.string(),
  projectCount: z.int(),
  accessibleProjects: z.array(z.string()),
  validated: z.boolean(),
})

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

/** The organisation's address; its slug has no character that would need encoding. */
export const organisation = ({ region, orgSlug }: Pick<Settings, 'region' | 'orgSlug'>): string =>
  `https://${region === 'eu' ? 'de.sentry.io' : 'sentry.io'}/api/0/organizations/${orgSlug}`
