/** From a row to a usable credential. */
import type { Connector } from '../../connectors/connector'
import type { Opened } from '../../connectors/opened'
import type { ConnectionRow, SecretRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { openCredential } from './credentials'
import type { Ports } from './ports'

export interface Held {
  /** The row that holds the secret: the connection's own, or its parent's. */
  readonly holder: ConnectionRow
  readonly secret: SecretRow
  readonly opened: Opened
}

/** The row with the secret of this connection; null when it is gone. */
export async function holderOf(db: TenantDb, row: ConnectionRow): Promise<ConnectionRow | null> {
  if (row.parentId === null) return row
  const [parent] = await store.connectionById(db, row.parentId)
  return parent ?? null
}

/** The opened credential, or null when there is none that this deployment can open. */
export async function openHeld(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  holder: ConnectionRow,
): Promise<Held | null> {
  const [secret] = await store.credentialOf(db, holder.id)
  if (secret === undefined) return null
  const json = await openCredential(await ports.masters(), holder, secret)
  const opened = json === null ? null : connector.open(json, holder.publicJson)
  return opened === null ? null : { holder, secret, opened }
}
