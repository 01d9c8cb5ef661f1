import { and, asc, eq, isNull, lt, max, sql } from 'drizzle-orm'
import { ingestBodies, ingestDeliveries, integrations } from '../../drizzle/schema'
import { DAY, HOUR } from '../lib/time'
import type { IntegrationRow } from './integration-rows'
import type { TenantDb } from './tenant-db'

const alive = isNull(integrations.deletedAt)

export const allIntegrations = (db: TenantDb, source: string | null) =>
  db
    .select(integrations, and(alive, source === null ? undefined : eq(integrations.source, source)))
    .orderBy(asc(integrations.createdAt))
    .limit(100)

export const integrationById = (db: TenantDb, id: string) =>
  db.select(integrations, and(eq(integrations.id, id), alive)).limit(1)

/** The enabled integration of a source that was there first. */
export const oldestEnabled = (db: TenantDb, source: string) =>
  db
    .select(integrations, and(alive, eq(integrations.source, source), eq(integrations.enabled, true)))
    .orderBy(asc(integrations.createdAt))
    .limit(1)

export const integrationByName = (db: TenantDb, source: string, name: string) =>
  db.select(integrations, and(alive, eq(integrations.source, source), eq(integrations.name, name))).limit(1)

export const insertIntegration = (db: TenantDb, row: Omit<typeof integrations.$inferInsert, 'orgId'>) =>
  db.insert(integrations, row)

/** Writes changes onto the row that was read: nothing happens when somebody else changed it since. */
export const changeIntegration = (
  db: TenantDb,
  read: Pick<IntegrationRow, 'id' | 'updatedAt'>,
  changes: Partial<Omit<IntegrationRow, 'id' | 'orgId'>>,
) =>
  db.update(
    integrations,
    changes,
    and(eq(integrations.id, read.id), eq(integrations.updatedAt, read.updatedAt), alive),
  )

/** Fails the batch when the organisation has more senders than that. */
export const ensureFew = (db: TenantDb, most: number) =>
  db.ensure(
    sql`(SELECT count(*) FROM integrations WHERE org_id = ${db.orgId} AND deleted_at IS NULL) <= ${most}`,
  )

/** How an integration's deliveries fare. Each figure is read from an index; the troubled ones are few by nature. */
export const healthOf = (db: TenantDb, id: string, now: number) => {
  // The words of the partial index, without which it is not used.
  const recent = (state: 'rejected' | 'dead') =>
    sql<number>`(SELECT count(*) FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = ${sql.raw(`'${state}'`)} AND d.state IN ('rejected', 'held', 'dead') AND d.received_at > ${now - DAY})`
  return db.pick(
    {
      lastDeliveryAt: max(ingestDeliveries.receivedAt),
      lastProcessedAt: sql<
        number | null
      >`(SELECT d.processed_at FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = 'processed' ORDER BY d.received_at DESC LIMIT 1)`.as(
        'last_processed',
      ),
      rejected24h:
        sql<number>`${recent('rejected')} + (SELECT coalesce(sum(refused), 0) FROM refused_counts WHERE integration_id = ${id} AND hour > ${Math.floor((now - DAY) / HOUR)})`.as(
          'rejected',
        ),
      held: sql<number>`(SELECT count(*) FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = 'held' AND d.state IN ('rejected', 'held', 'dead'))`.as(
        'held',
      ),
      dead24h: recent('dead').as('dead'),
    },
    ingestDeliveries,
    eq(ingestDeliveries.integrationId, id),
  )
}

/** The words of the partial index, without which it is not used. */
const IN_TROUBLE = sql`${ingestDeliveries.state} IN ('rejected', 'held', 'dead')`

const isHeld = (integrationId: string) =>
  and(
    eq(ingestDeliveries.integrationId, integrationId),
    sql`${ingestDeliveries.state} = 'held' AND ${IN_TROUBLE}`,
  )

/** Deliveries that wait for a signing secret with their bodies, oldest first. */
export const heldDeliveries = (tenant: TenantDb, integrationId: string, limit: number) =>
  tenant.join((db) =>
    db
      .select({
        id: ingestDeliveries.id,
        receivedAt: ingestDeliveries.receivedAt,
        headers: ingestDeliveries.headers,
        body: ingestBodies.body,
      })
      .from(ingestDeliveries)
      .innerJoin(
        ingestBodies,
        and(eq(ingestBodies.deliveryId, ingestDeliveries.id), tenant.mine(ingestBodies)),
      )
      .where(and(tenant.mine(ingestDeliveries), isHeld(integrationId)))
      .orderBy(asc(ingestDeliveries.receivedAt), asc(ingestDeliveries.id))
      .limit(limit),
  )

/** Gives up on those that were received before `before`. */
export const rejectHeldBefore = (
  db: TenantDb,
  integrationId: string,
  before: number,
  reason: 'secret_never_configured' | 'too_many_held',
) =>
  db.update(
    ingestDeliveries,
    { state: 'rejected', reason, deliveryKey: REJECTED_KEY },
    and(isHeld(integrationId), lt(ingestDeliveries.receivedAt, before)),
  )

/** A refused delivery gives its key free: the same one may come again, rightly signed. */
const REJECTED_KEY = sql`'rejected:' || ${ingestDeliveries.id}`

/** Writes how held deliveries were judged; those that somebody else judged meanwhile stay as they are. */
export const settleHeld = (
  db: TenantDb,
  judged: readonly {
    readonly id: string
    readonly state: 'received' | 'rejected'
    readonly authenticity: string
    readonly reason: string | null
  }[],
) =>
  db.run(
    sql`UPDATE ${ingestDeliveries} SET state = j.value ->> '$.state', authenticity = j.value ->> '$.authenticity', reason = j.value ->> '$.reason',
      delivery_key = CASE j.value ->> '$.state' WHEN 'rejected' THEN ${REJECTED_KEY} ELSE delivery_key END
      FROM json_each(${JSON.stringify(judged)}) AS j WHERE ${ingestDeliveries.id} = j.value ->> '$.id' AND ${db.mineById(ingestDeliveries)} AND state = 'held'`,
  )
