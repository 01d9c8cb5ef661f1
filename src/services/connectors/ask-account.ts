/** Asking a vendor for one of its older paths, of which some answer 401 where the uniform family has 404 and 409. */
import type { Access } from '../../connectors/access'
import type { Connector } from '../../connectors/connector'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import type { Outcome, Refusal } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { Ctx } from '../context'
import { withAccess } from './call'
import type { Ports } from './ports'
import { notConnected, refusalError } from './refusal'

/** What a missing or dead connection is answered: the code's own status, or 401. */
export type Dead = 'uniform' | 'unauthorized'

/** The live connection of a provider. @throws AppError not_connected */
export async function accountOf(ctx: Ctx, connector: Connector, dead: Dead): Promise<ConnectionRow> {
  const [row] = await store.liveConnections(ctx.db, connector.id)
  if (row === undefined) throw missing(connector, dead)
  return row
}

/** Runs `work` with the connection's access. @throws AppError not_connected, reconnect_required, vendor refusals */
export async function askAccount<T>(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  dead: Dead,
  work: (vendor: VendorCtx, access: Access, row: ConnectionRow) => Promise<Outcome<T>>,
): Promise<T> {
  const row = await accountOf(ctx, connector, dead)
  const outcome = await withAccess(ctx.db, ports, connector, row, (vendor, access) =>
    work(vendor, access, row),
  )
  if (outcome.kind === 'ok') return outcome.value
  if (outcome.kind === 'not_connected') throw missing(connector, dead)
  throw refusedAccount(connector, outcome, dead)
}

/** What a vendor's refusal is answered on these paths. */
export function refusedAccount(connector: Connector, refusal: Refusal, dead: Dead): AppError {
  const error = refusalError(connector, refusal)
  return refusal.kind !== 'expired' || dead === 'uniform'
    ? error
    : new AppError(error.code, error.message, { status: 401, body: { action: 'RECONNECT_REQUIRED' } })
}

/** What is answered where nothing is connected. */
export function missing(connector: Connector, dead: Dead): AppError {
  const error = notConnected(connector)
  return dead === 'uniform'
    ? error
    : new AppError(error.code, error.message, { status: 401, body: { action: 'CONNECT_REQUIRED' } })
}
