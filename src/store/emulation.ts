/** What the emulated APIs read of one integration's alerts and deliveries. */
import { and, desc, eq, ne, sql } from 'drizzle-orm'
import { alertEvents, alertNumbers, alerts, ingestBodies, ingestDeliveries } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type AlertRow = typeof alerts.$inferSelect

const MOST = 1000

export const openAlertsOf = (db: TenantDb, integrationId: string) =>
  db
    .select(alerts, and(eq(alerts.integrationId, integrationId), ne(alerts.state, 'resolved')))
    .orderBy(desc(alerts.id))
    .limit(MOST)

export const alertsOf = (
  db: TenantDb,
  integrationId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
) =>
  db
    .select(alerts, eq(alerts.integrationId, integrationId))
    .orderBy(desc(alerts.createdAt), desc(alerts.id))
    .limit(limit)
    .offset(offset)

export async function alertById(db: TenantDb, integrationId: string, id: string): Promise<AlertRow | null> {
  const [row] = await db.select(alerts, and(eq(alerts.id, id), eq(alerts.integrationId, integrationId)))
  return row ?? null
}

/** The newest alert of a key. */
export async function alertByKey(
  db: TenantDb,
  integrationId: string,
  dedupKey: string,
): Promise<AlertRow | null> {
  const [row] = await db
    .select(alerts, and(eq(alerts.integrationId, integrationId), eq(alerts.dedupKey, dedupKey)))
    .orderBy(desc(alerts.createdAt), desc(alerts.id))
    .limit(1)
  return row ?? null
}

export async function alertByNumber(
  db: TenantDb,
  integrationId: string,
  number: number,
): Promise<AlertRow | null> {
  const [named] = await db.select(alertNumbers, eq(alertNumbers.number, number))
  return named === undefined ? null : alertById(db, integrationId, named.alertId)
}

/** The alert's number, given when it is first asked for: one more than the organisation's last. */
export async function numberOf(db: TenantDb, alertId: string): Promise<number> {
  const [, [row]] = await db.batch([
    db.run(
      sql`INSERT INTO ${alertNumbers} (alert_id, org_id, number)
        SELECT ${alertId}, ${db.orgId}, coalesce(max(number), 0) + 1 FROM ${alertNumbers} WHERE ${db.mine(alertNumbers)}
        ON CONFLICT (alert_id) DO NOTHING`,
    ),
    db.select(alertNumbers, eq(alertNumbers.alertId, alertId)),
  ])
  return row?.number ?? 0
}

/** A delivery of one alert with what it did; null when the integration has none of this id. */
export async function outcomeOf(db: TenantDb, integrationId: string, deliveryId: string) {
  const [row] = await db.join((query) =>
    query
      .select({
        state: ingestDeliveries.state,
        receivedAt: ingestDeliveries.receivedAt,
        processedAt: ingestDeliveries.processedAt,
        body: ingestBodies.body,
        // A repeat that is only counted has no row.
        effect: sql<
          typeof alertEvents.$inferSelect.effect | null
        >`coalesce(${alertEvents.effect}, CASE WHEN ${ingestDeliveries.counted} IS NOT NULL THEN 'repeat' END)`,
        alertId: sql<
          string | null
        >`coalesce(${alertEvents.alertId}, ${ingestDeliveries.counted} ->> '$[0][1]')`,
      })
      .from(ingestDeliveries)
      .leftJoin(ingestBodies, and(eq(ingestBodies.deliveryId, ingestDeliveries.id), db.mine(ingestBodies)))
      .leftJoin(alertEvents, and(eq(alertEvents.deliveryId, ingestDeliveries.id), db.mine(alertEvents)))
      .where(
        and(
          db.mine(ingestDeliveries),
          eq(ingestDeliveries.id, deliveryId),
          eq(ingestDeliveries.integrationId, integrationId),
        ),
      )
      .limit(1),
  )
  return row ?? null
}
