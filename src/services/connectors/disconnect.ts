/** Disconnecting: revoked at the vendor where it can be, gone here whatever the vendor says, and the same when done twice. */
import type { Connector } from '../../connectors/connector'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { revokeAgents } from '../../store/cluster-agents'
import { requireRole, type Ctx } from '../context'
import { endAgents } from './agent-command'
import { disableIntegrations, enabledIntegrations } from './integrations'
import { openHeld } from './opened'
import type { Ports } from './ports'
import { endStatements } from './products'
import { revokeAtVendor, type RevocationOutcome } from './revoke'

export interface Disconnected {
  readonly message: string
  /** Account ids of what ended now. */
  readonly disconnected: readonly string[]
  readonly revocation: RevocationOutcome
  /** What a person still has to remove by hand; null when nothing. */
  readonly hint: string | null
  /** Whether the provider was ever connected. */
  readonly wasKnown: boolean
}

/** The worst outcome speaks for all accounts. */
const WORST: readonly RevocationOutcome[] = ['failed', 'unsupported', 'kept', 'revoked', 'already']

/**
 * Ends one account of a provider, or all of them. The products of a grant end with it, and a grant ends with the last of its
 * products.
 * @throws AppError forbidden
 */
export async function disconnect(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  accountId: string | null,
): Promise<Disconnected> {
  requireRole(ctx, 'editor')
  const live = await store.liveConnections(ctx.db, connector.id)
  const ending = live.filter((row) => accountId === null || row.accountId === accountId)
  await endProducts(ctx, ports, connector, ending)
  const outcomes = await Promise.all(
    ending.map(async (row) => (row.parentId === null ? endAtVendor(ctx.db, ports, connector, row) : 'kept')),
  )
  await endHere(ctx, connector, ending, outcomes, ending.length === live.length)
  if (connector.accessKind === 'agent')
    await endAgents(
      ports.clusterAgent,
      ending.map((row) => row.accountId),
    )
  const grants = await endLonelyGrants(
    ctx.db,
    ports,
    ending.flatMap(({ parentId }) => parentId ?? []),
    { userId: ctx.actor.userId, now: ctx.now },
  )
  const all = grants.length === 0 ? outcomes : [...outcomes.filter((it) => it !== 'kept'), ...grants]
  const revocation = WORST.find((worst) => all.includes(worst)) ?? 'already'
  const byHand = revocation === 'kept' || revocation === 'unsupported' || revocation === 'failed'
  return {
    message: `${connector.name} disconnected successfully`,
    disconnected: ending.map((row) => row.accountId),
    revocation,
    hint: byHand ? connector.revokeHint : null,
    wasKnown: live.length > 0 || (await store.allConnections(ctx.db, connector.id)).length > 0,
  }
}

/** Ends what lives off these grants. */
async function endProducts(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  grants: readonly ConnectionRow[],
): Promise<void> {
  if (connector.products === undefined || grants.length === 0) return
  const rows = await store.productsOf(
    ctx.db,
    grants.map(({ id }) => id),
  )
  for (const row of rows) {
    const of = ports.connectorOf(row.provider)
    if (of !== null) await endHere(ctx, of, [row], ['kept'], !of.multiAccount)
  }
}

/** Ends those of these grants that nothing lives off any more; answers how the vendor took it. */
export async function endLonelyGrants(
  db: TenantDb,
  ports: Ports,
  ids: readonly string[],
  { userId, now }: { readonly userId: string; readonly now: number },
): Promise<readonly RevocationOutcome[]> {
  const outcomes: RevocationOutcome[] = []
  for (const id of new Set(ids)) {
    const [[grant], products] = await db.batch([store.connectionById(db, id), store.productsOf(db, [id])])
    const connector = grant === undefined ? null : ports.connectorOf(grant.provider)
    if (grant === undefined || connector === null || grant.status === 'not_connected' || products.length > 0)
      continue
    const revocation = await endAtVendor(db, ports, connector, grant)
    await db.commit([
      ...endStatements(db, [id], now),
      audit(db, {
        event: 'connector.disconnect',
        actor: userId,
        subject: id,
        before: { provider: grant.provider, account: grant.accountId, status: grant.status },
        after: { revocation },
        at: now,
      }),
    ])
    outcomes.push(revocation)
  }
  return outcomes
}

async function endAtVendor(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
): Promise<RevocationOutcome> {
  // An agent has no credential of ours: it ends with its token, in the batch that follows.
  if (connector.accessKind === 'agent') return 'revoked'
  await ports.broker(row.id).close()
  const held = await openHeld(db, ports, connector, row).catch(() => null)
  return revokeAtVendor(ports, connector, held?.opened ?? null, {
    accountId: row.accountId,
    connectionId: row.id,
    method: row.method,
  })
}

async function endHere(
  ctx: Ctx,
  connector: Connector,
  ending: readonly ConnectionRow[],
  outcomes: readonly RevocationOutcome[],
  isLast: boolean,
): Promise<void> {
  const { db, now, actor } = ctx
  const ids = ending.map(({ id }) => id)
  const silenced = isLast ? await enabledIntegrations(db, connector) : []
  if (ids.length === 0 && silenced.length === 0)
    return db.commit(isLast ? store.removePending(db, connector.id) : [])
  await db.commit([
    ...(ids.length === 0
      ? []
      : [
          store.removeSecrets(db, ids),
          store.removeSelections(db, ids),
          store.endConnections(db, ids, silenced, now),
        ]),
    ...(isLast ? store.removePending(db, connector.id) : []),
    ...disableIntegrations(db, silenced, now),
    ...(connector.accessKind === 'agent' && ids.length > 0
      ? [
          revokeAgents(
            db,
            ending.map((row) => row.accountId),
          ),
        ]
      : []),
    ...ending.map((row, index) =>
      audit(db, {
        event: 'connector.disconnect',
        actor: actor.userId,
        subject: row.id,
        before: { provider: row.provider, account: row.accountId, status: row.status },
        after: { revocation: outcomes[index], integrations: silenced },
        at: now,
      }),
    ),
    ...(ids.length === 0
      ? [
          audit(db, {
            event: 'connector.disconnect',
            actor: actor.userId,
            subject: connector.id,
            after: { integrations: silenced },
            at: now,
          }),
        ]
      : []),
  ])
}
