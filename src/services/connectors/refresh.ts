/** Fetching a new access because a person asked for it. */
import { RENEW_MS } from '../../connectors/broker-core'
import type { Connector } from '../../connectors/connector'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { accessTo } from './access'
import { missing, refusedAccount } from './ask-account'
import type { Ports } from './ports'

/**
 * An access with some life in it, fetched through the connection's broker when the one at hand ends soon.
 * @returns when it ends, ms
 * @throws AppError forbidden, not_connected and reconnect_required as 401, vendor refusals
 */
export async function refreshAccess(ctx: Ctx, ports: Ports, connector: Connector): Promise<number> {
  requireRole(ctx, 'editor')
  const [row] = await store.liveConnections(ctx.db, connector.id)
  if (row === undefined) throw missing(connector, 'unauthorized')
  const access = await accessTo(ctx.db, ports, row, { freshMs: RENEW_MS })
  if (access.kind === 'ok') return access.expiresAt ?? ctx.now
  throw access.kind === 'not_connected'
    ? missing(connector, 'unauthorized')
    : refusedAccount(connector, access, 'unauthorized')
}
