import * as z from 'zod'

export const API = 'https://api.github.com'

const oauthDetails = z.object({
  authType: z.literal('oauth'),
  username: z.string(),
  scopes: z.array(z.string()),
})

/** What GitHub says of an installation of the App. */
export const appDetails = z.object({
  authType: z.literal('app'),
  username: z.string(),
  installationId: z.int(),
  accountId: z.int().nullable(),
  accountType: z.string().nullable(),
  targetType: z.string().nullable(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  repositorySelection: z.string().nullable(),
  suspendedAt: z.string().nullable(),
})

/** What status may show. */
export const details = z.discriminatedUnion('authType', [oauthDetails, appDetails])

export type Details = z.infer<typeof details>
export type AppDetails = z.infer<typeof appDetails>

/** `account_id` of an installation's connection: GitHub's logins have no colon, so none of them is mistaken for it. */
export const installationAccount = (installationId: number): string => `installation:${installationId}`

const VERSION = {
  'X-GitHub-Api-Version': '2022-11-28',
  'User-Agent': 'aurora-edge',
  accept: 'application/vnd.github+json',
}

export const headersWith = (authorization: string): Readonly<Record<string, string>> => ({
  ...VERSION,
  authorization,
})
