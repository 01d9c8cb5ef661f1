/** How connections are: read from the rows, and on request confirmed by the vendor. Reading changes no credential. */
import { connectors } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import { log } from '../../lib/log'
import { MINUTE } from '../../lib/time'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import type { Ctx } from '../context'
import { accessTo } from './access'
import { hasLiveAgent } from './cluster-agents'
import { enabledIntegrations, knowsSignature } from './integrations'
import { openHeld } from './opened'
import { vendorCtx, type Ports } from './ports'
import { recordOutcome } from './record-outcome'

export interface ProviderStatus {
  readonly connected: boolean
  readonly status: ConnectionRow['status']
  readonly connections: readonly ConnectionRow[]
}

const CHECK_EVERY = MINUTE
const MOST_CHECKED = 20
const AT_ONCE = 6
const CHECK_ALL_MS = 8000

/** The live connections of a provider. */
export async function readStatus(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  validate: boolean,
): Promise<ProviderStatus> {
  const stored = await store.liveConnections(ctx.db, connector.id)
  const rows = validate
    ? await Promise.all(stored.map((row) => validateConnection(ctx.db, ports, connector, row, ctx.now)))
    : stored
  const shown = await Promise.all(rows.map((row) => withSignature(ctx.db, connector, row)))
  return statusOf(connector, shown, await webhooksOf(ctx.db, connector))
}

/** Whether webhooks are signed is the integration's to say: its secret may have come since. */
const withSignature = async (
  db: TenantDb,
  connector: Connector,
  row: ConnectionRow,
): Promise<ConnectionRow> =>
  'hasWebhookSecret' in row.publicJson
    ? {
        ...row,
        publicJson: { ...row.publicJson, hasWebhookSecret: await knowsSignature(db, connector) },
      }
    : row

function statusOf(
  connector: Connector,
  connections: readonly ConnectionRow[],
  webhooks: boolean,
): ProviderStatus {
  const connected = connections.some(({ status }) => status === 'connected')
  if (connected || (webhooks && connections.length === 0))
    return { connected: true, status: 'connected', connections }
  return { connected: false, status: connections.length === 0 ? 'not_connected' : 'error', connections }
}

/** A provider that can do with webhooks alone is connected by an integration that is switched on. */
const webhooksOf = async (db: TenantDb, connector: Connector): Promise<boolean> =>
  connector.kinds.includes('webhook_only') && (await enabledIntegrations(db, connector)).length > 0

/** Has the vendor confirm a stored credential, at most once a minute; answers the row as it is then. */
async function validateConnection(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
  now: number,
): Promise<ConnectionRow> {
  const [claimed] = await store.claimCheck(db, row.id, now, CHECK_EVERY)
  if (claimed === undefined) return row
  try {
    return await proveStored(db, ports, connector, row, now)
  } catch (error) {
    // A status is always answered, also on a deployment that lost its sealing key.
    log.error('connection.validate_failed', error, { provider: connector.id })
    return row
  }
}

/** The same without looking at the clock, for the background. */
export async function proveStored(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
  now: number,
): Promise<ConnectionRow> {
  const access = await accessTo(db, ports, row)
  if (access.kind === 'not_connected') return row
  // What became of the access is on the row already; read it back.
  const [fresh = row] = await store.connectionById(db, row.id)
  if (access.kind !== 'ok') return fresh
  const vendor = vendorCtx(ports, connector, { db })
  const isShared = fresh.parentId !== null || connector.accessKind === 'agent'
  if (isShared && connector.proveShared !== null)
    return recordOutcome(db, fresh, await connector.proveShared(vendor, access.value, fresh.publicJson), now)
  const held = await openHeld(db, ports, connector, fresh)
  if (held === null) return recordOutcome(db, fresh, { kind: 'expired' }, now)
  return recordOutcome(db, fresh, await held.opened.prove(vendor, access.value), now)
}

export interface Summary extends ProviderStatus {
  readonly connector: Connector
  readonly checked: boolean
  /** Whether commands can be run through it now; null for providers that never can. */
  readonly canExecute: boolean | null
}

/** Every provider in one read; with `validate`, up to twenty connections are confirmed, within eight seconds in all. */
export async function readAllStatus(ctx: Ctx, ports: Ports, validate: boolean): Promise<readonly Summary[]> {
  const stored = await store.liveConnections(ctx.db, null)
  const checked = validate ? await checkSome(ctx, ports, stored) : new Map<string, ConnectionRow>()
  return Promise.all(
    connectors.map(async (connector) => {
      const rows = stored.filter(({ provider }) => provider === connector.id)
      return {
        connector,
        ...statusOf(
          connector,
          rows.map((row) => checked.get(row.id) ?? row),
          await webhooksOf(ctx.db, connector),
        ),
        checked: !validate || rows.every(({ id }) => checked.has(id)),
        canExecute:
          connector.accessKind === 'agent'
            ? await hasLiveAgent(
                ports,
                rows.map(({ accountId }) => accountId),
                ctx.now,
              )
            : null,
      }
    }),
  )
}

async function checkSome(
  ctx: Ctx,
  ports: Ports,
  rows: readonly ConnectionRow[],
): Promise<Map<string, ConnectionRow>> {
  const checked = new Map<string, ConnectionRow>()
  const queue = rows.slice(0, MOST_CHECKED)
  const end = Date.now() + CHECK_ALL_MS
  const worker = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined && Date.now() < end; row = queue.shift()) {
      const connector = connectors.find(({ id }) => id === row.provider)
      if (connector === undefined) continue
      checked.set(row.id, await validateConnection(ctx.db, ports, connector, row, ctx.now))
    }
  }
  const deadline = new Promise<void>((resolve) => setTimeout(resolve, CHECK_ALL_MS))
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, worker)), deadline])
  return new Map(checked)
}

/** Every live connection of the organisation. */
export const listConnections = (ctx: Ctx) => store.liveConnections(ctx.db, null)
