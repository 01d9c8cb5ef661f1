/** What deliveries keep of their own correlation: what they did, and the repeats that only count. */
import { getTableColumns, sql } from 'drizzle-orm'
import { ingestDeliveries } from '../../drizzle/schema'
import type { CorrelationWrites } from './correlation-rows'
import type { Statement } from './db'
import type { TenantDb } from './tenant-db'

/**
 * Keeps the effect keys of counted repeats on their deliveries. Fails the batch when another instance counted one of them
 * meanwhile, so that they count once.
 */
export function countRepeats(db: TenantDb, counted: CorrelationWrites['counted']): Statement[] {
  if (counted.length === 0) return []
  const byDelivery = [...Map.groupBy(counted, ({ deliveryId }) => deliveryId)]
  const rows = JSON.stringify(
    byDelivery.map(([id, items]) => ({ id, items: items.map((one) => [one.idx, one.alertId, one.id]) })),
  )
  const known = sql`EXISTS (SELECT 1 FROM json_each(d.counted) AS c JOIN json_each(j.value, '$.items') AS i ON i.value ->> '$[0]' = c.value ->> '$[0]')`
  return [
    db.run(
      sql`UPDATE ingest_deliveries AS d SET counted = (SELECT json_group_array(json(value)) FROM
          (SELECT value FROM json_each(coalesce(d.counted, '[]')) UNION ALL SELECT value FROM json_each(j.value, '$.items')))
        FROM json_each(${rows}) AS j WHERE d.id = j.value ->> '$.id' AND +d.org_id = ${db.orgId} AND NOT ${known}`,
    ),
    db.ensureChanged(byDelivery.length),
  ]
}

/** Marks deliveries as processed; what they did is counted from the effects that stand in the database. */
export function finishDeliveries(
  db: TenantDb,
  finished: CorrelationWrites['finished'],
  now: number,
): Statement {
  const rows = JSON.stringify(
    finished.map(({ deliveryId, changes, errors }) => ({
      id: deliveryId,
      changes,
      errors: errors.length === 0 ? null : JSON.stringify(errors),
    })),
  )
  const { id, state, counted } = getTableColumns(ingestDeliveries)
  const effects = sql`(SELECT json_group_object(effect, n) FROM (SELECT effect, count(*) AS n FROM
    (SELECT effect FROM alert_events WHERE delivery_id = ${id} UNION ALL SELECT 'repeat' FROM json_each(coalesce(${counted}, '[]'))) GROUP BY effect))`
  return db.run(
    sql`UPDATE ${ingestDeliveries} SET state = 'processed', processed_at = ${now}, lease_until = NULL, last_error = NULL,
      outcome = json_set(${effects}, '$.changes', j.value ->> '$.changes'), errors = j.value ->> '$.errors',
      partial = (j.value ->> '$.errors') IS NOT NULL
      FROM json_each(${rows}) AS j WHERE ${id} = j.value ->> '$.id' AND ${db.mineById(ingestDeliveries)} AND ${state} = 'processing'`,
  )
}
