/** Asking a vendor something through a stored connection: what investigations use. */
import * as z from 'zod'
import { findConnector } from '../../connectors'
import type { OperationOutcome } from '../../connectors/operation'
import { chosenRepos } from '../../store/connected-repos'
import type { ConnectionRow } from '../../store/connection-rows'
import { selectionsOf } from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { accessTo } from './access'
import { vendorCtx, type Ports } from './ports'
import { recordOutcome } from './record-outcome'

export type AskOutcome = OperationOutcome | { readonly kind: 'not_connected' }

/** Runs one read-only operation. Arguments are checked before anything is sent. */
export async function askVendor(
  db: TenantDb,
  ports: Ports,
  connection: ConnectionRow,
  operation: string,
  args: unknown,
): Promise<AskOutcome> {
  const connector = findConnector(connection.provider)
  const found = connector?.operations.find(({ name }) => name === operation)
  if (connector === null || found === undefined) return { kind: 'not_found' }
  const checked = z.safeParse(found.input, args ?? {})
  if (!checked.success) return { kind: 'invalid_arguments', message: checked.error.message }
  const access = await accessTo(db, ports, connection)
  if (access.kind !== 'ok') return access
  const outcome = await found.run(
    { ...vendorCtx(ports, connector, { db }), chosen: () => chosenOf(db, connection) },
    access.value,
    connection.publicJson,
    args,
  )
  if (outcome.kind === 'expired' || outcome.kind === 'credential_refused')
    await recordOutcome(db, connection, { kind: outcome.kind }, Date.now())
  return outcome
}

async function chosenOf(db: TenantDb, { id, provider }: ConnectionRow): Promise<readonly string[]> {
  const [selections, repos] = await Promise.all([selectionsOf(db, [id]), chosenRepos(db, provider)])
  const chosen = selections.filter(({ enabled, resourceType }) => enabled && resourceType !== 'workspace')
  return [...chosen.map(({ resourceId }) => resourceId), ...repos.map(({ repoFullName }) => repoFullName)]
}
