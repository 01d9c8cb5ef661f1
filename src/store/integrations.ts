import { and, asc, count, desc, eq, isNull, max, sql } from 'drizzle-orm'
import { ingestDeliveries, integrations } from '../../drizzle/schema'
import { DAY } from '../lib/time'
import type { IntegrationRow } from './integration-rows'
import type { TenantDb } from './tenant-db'

const alive = isNull(integrations.deletedAt)

export const allIntegrations = (db: TenantDb, source: string | null) =>
  db
    .select(integrations, and(alive, source === null ? undefined : eq(integrations.source, source)))
    .orderBy(asc(integrations.createdAt))
    .limit(100)

export const countIntegrations = (db: TenantDb) => db.pick({ n: count() }, integrations, alive)

export const integrationById = (db: TenantDb, id: string) =>
  db.select(integrations, and(eq(integrations.id, id), alive)).limit(1)

/** The enabled integration of a source that was there first. */
export const oldestEnabled = (db: TenantDb, source: string) =>
  db
    .select(integrations, and(alive, eq(integrations.source, source), eq(integrations.enabled, true)))
    .orderBy(asc(integrations.createdAt))
    .limit(1)

export const insertIntegration = (db: TenantDb, row: Omit<typeof integrations.$inferInsert, 'orgId'>) =>
  db.insert(integrations, row)

export const changeIntegration = (
  db: TenantDb,
  id: string,
  changes: Partial<Omit<IntegrationRow, 'id' | 'orgId'>>,
) => db.update(integrations, changes, and(eq(integrations.id, id), alive))

/** How an integration's deliveries fare. Each figure is read from an index; the troubled ones are few by nature. */
export const healthOf = (db: TenantDb, id: string, now: number) => {
  const recent = (state: string) =>
    sql<number>`(SELECT count(*) FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = ${state} AND d.received_at > ${now - DAY})`
  return db.pick(
    {
      lastDeliveryAt: max(ingestDeliveries.receivedAt),
      lastProcessedAt: sql<
        number | null
      >`(SELECT d.processed_at FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = 'processed' ORDER BY d.received_at DESC LIMIT 1)`.as(
        'last_processed',
      ),
      rejected24h: recent('rejected').as('rejected'),
      held: sql<number>`(SELECT count(*) FROM ingest_deliveries d WHERE d.integration_id = ${id} AND d.state = 'held')`.as(
        'held',
      ),
      dead24h: recent('dead').as('dead'),
    },
    ingestDeliveries,
    eq(ingestDeliveries.integrationId, id),
  )
}

/** Deliveries that waited for a signing secret, oldest first. */
export const heldDeliveries = (db: TenantDb, integrationId: string, limit: number) =>
  db
    .select(
      ingestDeliveries,
      and(eq(ingestDeliveries.integrationId, integrationId), eq(ingestDeliveries.state, 'held')),
    )
    .orderBy(desc(ingestDeliveries.receivedAt))
    .limit(limit)
