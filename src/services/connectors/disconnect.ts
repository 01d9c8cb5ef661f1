/** Disconnecting: revoked at the vendor where it can be, gone here whatever the vendor says, and the same when done twice. */
import type { Connector } from '../../connectors/connector'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { disableIntegrations, enabledIntegrations } from './integrations'
import { openHeld } from './opened'
import type { Ports } from './ports'
import { revokeAtVendor, type RevocationOutcome } from './revoke'

export interface Disconnected {
  readonly message: string
  /** Account ids of what ended now. */
  readonly disconnected: readonly string[]
  readonly revocation: RevocationOutcome
  /** What a person still has to remove by hand; null when nothing. */
  readonly hint: string | null
}

/** The worst outcome speaks for all accounts. */
const WORST: readonly RevocationOutcome[] = ['failed', 'unsupported', 'kept', 'revoked', 'already']

/** Ends one account of a provider, or all of them. @throws AppError forbidden */
export async function disconnect(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  accountId: string | null,
): Promise<Disconnected> {
  requireRole(ctx, 'editor')
  const live = await store.liveConnections(ctx.db, connector.id)
  const ending = live.filter((row) => accountId === null || row.accountId === accountId)
  const outcomes = await Promise.all(ending.map((row) => endAtVendor(ctx, ports, connector, row)))
  const isLast = ending.length === live.length
  await endHere(ctx, connector, ending, outcomes, isLast)
  const revocation = WORST.find((worst) => outcomes.includes(worst)) ?? 'already'
  const byHand = revocation === 'kept' || revocation === 'unsupported' || revocation === 'failed'
  return {
    message: `${connector.name} disconnected successfully`,
    disconnected: ending.map((row) => row.accountId),
    revocation,
    hint: byHand ? connector.revokeHint : null,
  }
}

async function endAtVendor(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  row: ConnectionRow,
): Promise<RevocationOutcome> {
  await ports.broker(row.id).close()
  const held = await openHeld(ctx.db, ports, connector, row).catch(() => null)
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
