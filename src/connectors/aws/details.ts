import * as z from 'zod'

export const ROLE_ARN = /^arn:aws:iam::[0-9]{12}:role\/[A-Za-z0-9+=,.@_/-]{1,512}$/

/** What using the role needs. The ExternalId is not a password, but it is kept like one. */
export const secret = z.object({ externalId: z.string() })

export const settings = z.object({
  roleArn: z.string(),
  readOnlyRoleArn: z.string().nullable(),
  workspaceId: z.string(),
  region: z.string(),
})

/** What status may show. */
export const details = settings.extend({ accountId: z.string(), alias: z.string().nullable() })

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

/** The 12 digits of the account that a role belongs to. */
export const accountOf = (roleArn: string): string => roleArn.split(':')[4] ?? ''
