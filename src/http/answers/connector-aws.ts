/** Bodies of AWS's paths of the original product. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { Workspace, WorkspaceAccounts } from '../../services/connectors/aws-workspaces'
import { maybeTime, time } from './fields'

type Account = WorkspaceAccounts['live'][number]
const text = z.string().nullable()

export const workspaceAnswer = z.object({
  id: z.uuid(),
  user_id: z.string(),
  name: z.string(),
  aws_external_id: z.uuid(),
  created_at: time,
  updated_at: time,
})

export const showWorkspace = (it: Workspace): z.infer<typeof workspaceAnswer> => ({
  id: it.id,
  user_id: it.userId,
  name: it.name,
  aws_external_id: it.awsExternalId,
  created_at: iso(it.createdAt),
  updated_at: iso(it.updatedAt),
})

const setupStatus = z.enum(['not_started', 'fully_configured'])

const inUse = ({ live }: WorkspaceAccounts): Account | undefined =>
  live.find(({ status }) => status === 'connected') ?? live[0]
const statusOf = (it: WorkspaceAccounts): z.infer<typeof setupStatus> =>
  it.live.some(({ status }) => status === 'connected') ? 'fully_configured' : 'not_started'

export const linksAnswer = z.object({
  workspaceId: z.uuid(),
  externalId: z.uuid(),
  status: setupStatus,
  auroraAccountId: z.string().optional(),
  roleArn: z.string().optional(),
})

export function showLinks(it: WorkspaceAccounts, accountId: string | null): z.infer<typeof linksAnswer> {
  const roleArn = inUse(it)?.roleArn ?? null
  return {
    workspaceId: it.workspace.id,
    externalId: it.workspace.awsExternalId,
    status: statusOf(it),
    ...(accountId === null ? {} : { auroraAccountId: accountId }),
    ...(roleArn === null ? {} : { roleArn }),
  }
}

export const workspaceStatusAnswer = z.object({
  status: setupStatus,
  isConfigured: z.boolean(),
  externalId: z.uuid(),
  roleArn: text,
  readOnlyRoleArn: text,
})

export function showWorkspaceStatus(it: WorkspaceAccounts): z.infer<typeof workspaceStatusAnswer> {
  const status = statusOf(it)
  return {
    status,
    isConfigured: status === 'fully_configured',
    externalId: it.workspace.awsExternalId,
    roleArn: inUse(it)?.roleArn ?? null,
    readOnlyRoleArn: inUse(it)?.readOnlyRoleArn ?? null,
  }
}

export const accountsAnswer = z.object({
  accounts: z.array(
    z.object({
      account_id: z.string(),
      role_arn: text,
      read_only_role_arn: text,
      connection_method: z.literal('sts_assume_role'),
      region: text,
      last_verified_at: maybeTime,
    }),
  ),
})

export const showAccounts = (rows: readonly Account[]): z.infer<typeof accountsAnswer> => ({
  accounts: rows.map((row) => ({
    account_id: row.accountId,
    role_arn: row.roleArn,
    read_only_role_arn: row.readOnlyRoleArn,
    connection_method: 'sts_assume_role' as const,
    region: row.region,
    last_verified_at: isoOrNull(row.lastVerifiedAt),
  })),
})

export const credentialsAnswer = z.object({
  status: z.literal('success'),
  message: z.literal('AWS role credentials found'),
  has_credentials: z.literal(true),
  role_arn: text,
  account_id: z.string(),
  read_only_role_arn: text,
  region: text,
  last_verified_at: maybeTime,
})

/** No key material: there is none to show. */
export const showCredentials = (row: Account): z.infer<typeof credentialsAnswer> => ({
  status: 'success',
  message: 'AWS role credentials found',
  has_credentials: true,
  role_arn: row.roleArn,
  account_id: row.accountId,
  read_only_role_arn: row.readOnlyRoleArn,
  region: row.region,
  last_verified_at: isoOrNull(row.lastVerifiedAt),
})

export const statusAnswer = z.object({
  connected: z.boolean(),
  status: z.enum(['connected', 'error', 'not_connected']),
  accounts: z.array(z.object({ account_id: z.string(), role_arn: text, region: text })),
  workspaceId: text,
  externalId: text,
})

export const showStatus = (
  it: {
    readonly connected: boolean
    readonly status: Account['status']
    readonly connections: readonly Account[]
  },
  workspace: Workspace | null,
): z.infer<typeof statusAnswer> => ({
  connected: it.connected,
  status: it.status,
  accounts: it.connections.map(({ accountId, roleArn, region }) => ({
    account_id: accountId,
    role_arn: roleArn,
    region,
  })),
  workspaceId: workspace?.id ?? null,
  externalId: workspace?.awsExternalId ?? null,
})
