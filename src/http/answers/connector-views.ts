/** The older views over connections: the same rows in the shapes that the original's clients know. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { ProviderStatus } from '../../services/connectors/status'
import { maybeTime, time } from './fields'

type Row = ProviderStatus['connections'][number]
const text = z.string().nullable()

export const userConnections = z.array(
  z.object({
    provider: z.string(),
    account_id: z.string(),
    account_name: z.string(),
    status: z.string(),
    connection_method: z.string(),
    role_arn: text,
    read_only_role_arn: text,
    region: text,
    last_verified_at: maybeTime,
    created_at: time,
    updated_at: time,
  }),
)

export const showUserConnections = (rows: readonly Row[]): z.infer<typeof userConnections> =>
  rows.map((row) => ({
    provider: row.provider,
    account_id: row.accountId,
    account_name: row.accountName,
    status: row.status,
    connection_method: row.method,
    role_arn: row.roleArn,
    read_only_role_arn: row.readOnlyRoleArn,
    region: row.region,
    last_verified_at: isoOrNull(row.lastVerifiedAt),
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }))

export const userTokens = z.array(
  z.object({
    subscription_id: text,
    subscription_name: text,
    tenant_id: text,
    client_id: text,
    provider: z.string(),
    email: text,
  }),
)

export const showUserTokens = (rows: readonly Row[]): z.infer<typeof userTokens> =>
  rows.map((row) => ({
    subscription_id: row.provider === 'azure' ? row.accountId : null,
    subscription_name: row.provider === 'azure' ? row.accountName : null,
    tenant_id: detail(row, 'tenantId'),
    client_id: detail(row, 'clientId'),
    provider: row.provider,
    email: detail(row, 'email'),
  }))

export const connectedAccounts = z.object({
  accounts: z.record(
    z.string(),
    z.object({
      isConnected: z.literal(true),
      name: z.string(),
      displayText: z.string(),
      email: z.string().optional(),
      accountId: z.string().optional(),
      roleArn: z.string().optional(),
      subscriptionId: z.string().optional(),
      authType: z.string().optional(),
    }),
  ),
})

type Account = z.infer<typeof connectedAccounts>['accounts'][string]

/** Connected providers only; of several accounts the first speaks for its provider. */
export const showConnectedAccounts = (
  rows: readonly Row[],
  nameOf: (provider: string) => string,
): z.infer<typeof connectedAccounts> => ({
  accounts: Object.fromEntries(
    rows
      .filter(({ status }) => status === 'connected')
      .toReversed()
      .map((row) => [row.provider, accountOf(row, nameOf(row.provider))]),
  ),
})

function accountOf(row: Row, name: string): Account {
  const email = detail(row, 'email')
  const authType = detail(row, 'authType')
  return {
    isConnected: true,
    name,
    displayText: row.accountName,
    ...(email === null ? {} : { email }),
    ...(row.provider === 'azure' ? { subscriptionId: row.accountId } : { accountId: row.accountId }),
    ...(row.roleArn === null ? {} : { roleArn: row.roleArn }),
    ...(authType === null ? {} : { authType }),
  }
}

function detail(row: Row, name: string): string | null {
  const value = row.publicJson[name]
  return typeof value === 'string' ? value : null
}
