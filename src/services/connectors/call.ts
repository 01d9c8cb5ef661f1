/** Calling a vendor through a stored connection, and remembering what that says about the credential. */
import type { Access } from '../../connectors/access'
import type { Connector } from '../../connectors/connector'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import type { Outcome } from '../../connectors/outcome'
import type { ConnectionRow } from '../../store/connection-rows'
import type { TenantDb } from '../../store/tenant-db'
import { accessTo, type AccessWish } from './access'
import { vendorCtx, type Ports } from './ports'
import { recordOutcome } from './record-outcome'

/** Runs `work` with the connection's access. A credential that the vendor refuses now is in trouble, not deleted. */
export async function withAccess<T>(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
  work: (ctx: VendorCtx, access: Access) => Promise<Outcome<T>>,
  wish: AccessWish = {},
): Promise<Outcome<T> | { readonly kind: 'not_connected' }> {
  const access = await accessTo(db, ports, row, wish)
  if (access.kind !== 'ok') return access
  const outcome = await work(vendorCtx(ports, connector, { db }), access.value)
  if (outcome.kind === 'credential_refused' || outcome.kind === 'expired') {
    await recordOutcome(db, row, { kind: outcome.kind }, Date.now())
    return { kind: 'expired' }
  }
  return outcome
}
