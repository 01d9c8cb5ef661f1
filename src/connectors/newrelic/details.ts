import * as z from 'zod'

/** What using the secret needs. */
export const settings = z.object({ region: z.enum(['us', 'eu']), accountId: z.string() })

/** What status may show. */
export const details = settings.extend({
  accountName: z.string(),
  userEmail: z.string().nullable(),
  userName: z.string().nullable(),
  accessibleAccounts: z.array(z.object({ id: z.string(), name: z.string() })),
  validated: z.boolean(),
})

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

/** NerdGraph, one address a region. */
export const nerdGraph = ({ region }: Settings): string =>
  region === 'eu' ? 'https://api.eu.newrelic.com/graphql' : 'https://api.newrelic.com/graphql'
