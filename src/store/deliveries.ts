/** Deliveries as people look at them and send them on their way again. */
import { and, desc, eq, gte, inArray, sql, type InferSelectModel, type SQL } from 'drizzle-orm'
import { alertEvents, ingestBodies, ingestDeliveries } from '../../drizzle/schema'
import type { Cursor } from '../lib/cursor'
import type { TenantDb } from './tenant-db'

export type DeliveryRow = InferSelectModel<typeof ingestDeliveries>

export interface DeliveryFilter {
  readonly integrationId?: string | undefined
  readonly source?: string | undefined
  readonly state?: DeliveryRow['state'] | undefined
  /** Received at or after, ms. */
  readonly since?: number | undefined
}

/** The words of the partial index over deliveries in trouble, without which it is not used. */
const IN_TROUBLE = sql`${ingestDeliveries.state} IN ('rejected', 'held', 'dead')`
const TROUBLE = new Set<string>(['rejected', 'held', 'dead'])

function matching(db: TenantDb, { integrationId, source, state, since }: DeliveryFilter): SQL | undefined {
  const troubled = state !== undefined && TROUBLE.has(state)
  return and(
    integrationId === undefined ? undefined : eq(ingestDeliveries.integrationId, integrationId),
    // Those in trouble are few and have an index by integration.
    troubled ? IN_TROUBLE : undefined,
    troubled && integrationId === undefined
      ? sql`${ingestDeliveries.integrationId} IN (SELECT id FROM integrations WHERE org_id = ${db.orgId})`
      : undefined,
    source === undefined ? undefined : eq(ingestDeliveries.source, source),
    state === undefined ? undefined : eq(ingestDeliveries.state, state),
    since === undefined ? undefined : gte(ingestDeliveries.receivedAt, since),
  )
}

/** A page, newest first. */
export const pageOfDeliveries = (db: TenantDb, filter: DeliveryFilter, after: Cursor | null, limit: number) =>
  db.join((all) =>
    all
      .select()
      .from(ingestDeliveries)
      .where(
        and(
          // Else all deliveries of the organisation are walked in their order to find the few in trouble.
          TROUBLE.has(filter.state ?? '') ? db.mineById(ingestDeliveries) : db.mine(ingestDeliveries),
          matching(db, filter),
          after === null
            ? undefined
            : sql`(${ingestDeliveries.receivedAt}, ${ingestDeliveries.id}) < (${after.at}, ${after.id})`,
        ),
      )
      .orderBy(desc(ingestDeliveries.receivedAt), desc(ingestDeliveries.id))
      .limit(limit),
  )

export const deliveryById = (db: TenantDb, id: string) =>
  db.select(ingestDeliveries, eq(ingestDeliveries.id, id)).limit(1)

export const bodyOf = (db: TenantDb, id: string) =>
  db.pick({ body: ingestBodies.body }, ingestBodies, eq(ingestBodies.deliveryId, id)).limit(1)

/** The alerts that a delivery concerned and the incidents that they belong to now. */
export const resultsOf = (db: TenantDb, id: string) =>
  db.all<{ readonly alertId: string; readonly incidentId: string | null }>(
    sql`SELECT DISTINCT e.alert_id AS alertId, a.incident_id AS incidentId FROM
        (SELECT alert_id, idx FROM alert_events WHERE delivery_id = ${id} AND org_id = ${db.orgId}
          UNION ALL SELECT c.value ->> '$[1]', c.value ->> '$[0]' FROM ingest_deliveries d, json_each(d.counted) AS c WHERE d.id = ${id} AND d.org_id = ${db.orgId}) AS e
      JOIN alerts a ON a.id = e.alert_id AND +a.org_id = ${db.orgId} ORDER BY e.idx LIMIT 1000`,
  )

/** As it was when it came. */
const AFRESH = {
  state: 'received',
  attempts: 0,
  leaseOwner: null,
  leaseUntil: null,
  notBefore: null,
  reason: null,
  lastError: null,
} as const

/** Sends a delivery back to the start, if it is still in the state that was read; its effect keys stay. */
export const requeue = (db: TenantDb, id: string, from: DeliveryRow['state']) =>
  db.update(ingestDeliveries, AFRESH, and(eq(ingestDeliveries.id, id), eq(ingestDeliveries.state, from)))

/** Forgets what a delivery did, so that it takes effect once more. */
export const removeEffects = (db: TenantDb, id: string) =>
  [
    db.remove(alertEvents, eq(alertEvents.deliveryId, id)),
    db.update(ingestDeliveries, { counted: null }, eq(ingestDeliveries.id, id)),
  ] as const

/** Dead deliveries with their bodies still stored, oldest first. */
export const redrivable = (db: TenantDb, filter: Omit<DeliveryFilter, 'state'>, limit: number) =>
  db
    .pick(
      { id: ingestDeliveries.id },
      ingestDeliveries,
      and(
        matching(db, { ...filter, state: 'dead' }),
        sql`EXISTS (SELECT 1 FROM ingest_bodies b WHERE b.delivery_id = ${ingestDeliveries.id})`,
      ),
    )
    .orderBy(ingestDeliveries.receivedAt)
    .limit(limit)

/** Sends these dead deliveries back to the start; answers those that it found dead. */
export const requeueDead = (db: TenantDb, ids: readonly string[]) =>
  db
    .update(
      ingestDeliveries,
      AFRESH,
      and(
        sql`${ingestDeliveries.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
        inArray(ingestDeliveries.state, ['dead']),
      ),
    )
    .returning({ id: ingestDeliveries.id })

/** A delivery that we make ourselves. */
export const storeDelivery = (
  db: TenantDb,
  row: Omit<typeof ingestDeliveries.$inferInsert, 'orgId'>,
  body: string,
) => [db.insert(ingestDeliveries, row), db.insert(ingestBodies, { deliveryId: row.id ?? '', body })] as const
