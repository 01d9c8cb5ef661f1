/** The row of a connection from what the vendor confirmed. */
import type { Connector } from '../../connectors/connector'
import type { Proved } from '../../connectors/proof'
import { newId } from '../../lib/ids'
import type { ConnectionRow } from '../../store/connection-rows'
import type { Storing } from './connect'

/** Whether other accounts of the provider stay when this one comes. */
export const isOneOfMany = (connector: Connector, { multiAccount }: Proved): boolean =>
  multiAccount ?? connector.multiAccount

/** @param former the row of the same account, whose id and age stay */
export const rowOf = (
  orgId: string,
  connector: Connector,
  proved: Proved,
  former: ConnectionRow | null,
  { userId, method, now, workspaceId }: Storing,
): ConnectionRow => ({
  id: former?.id ?? newId(now),
  orgId,
  userId,
  provider: connector.id,
  accountId: proved.accountId,
  accountName: proved.accountName,
  method: proved.method ?? method,
  multiAccount: isOneOfMany(connector, proved),
  status: 'connected',
  statusReason: null,
  publicJson: proved.details,
  region: proved.region,
  roleArn: proved.roleArn,
  readOnlyRoleArn: proved.readOnlyRoleArn,
  workspaceId: workspaceId ?? former?.workspaceId ?? null,
  parentId: null,
  secretVersion: (former?.secretVersion ?? 0) + 1,
  expiresAt: proved.expiresAt,
  lastVerifiedAt: now,
  disabledIntegrations: [],
  checkedAt: now,
  createdAt: former?.createdAt ?? now,
  updatedAt: now,
})
