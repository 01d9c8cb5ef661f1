import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { ingestDeliveries, integrations, snsSubscriptions } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type SubscriptionRow = typeof snsSubscriptions.$inferSelect

/** The newest request of a topic takes the place of an older one. */
export const noteSubscription = (db: TenantDb, row: Omit<SubscriptionRow, 'orgId'>) => {
  const { state, deliveryId, requestedAt, confirmedAt } = row
  return db.insert(snsSubscriptions, row).onConflictDoUpdate({
    target: [snsSubscriptions.integrationId, snsSubscriptions.topicArn],
    set: { state, deliveryId, requestedAt, confirmedAt },
    setWhere: db.mine(snsSubscriptions),
  })
}

const MOST = 100

export const subscriptionsOf = (db: TenantDb, integrationId: string) =>
  db
    .select(snsSubscriptions, eq(snsSubscriptions.integrationId, integrationId))
    .orderBy(desc(snsSubscriptions.requestedAt))
    .limit(MOST)

export const subscriptionById = (db: TenantDb, integrationId: string, id: string) =>
  db
    .select(
      snsSubscriptions,
      and(eq(snsSubscriptions.id, id), eq(snsSubscriptions.integrationId, integrationId)),
    )
    .limit(1)

/** Only one that was not confirmed in the meantime. */
export const markConfirming = (db: TenantDb, id: string) =>
  db.update(
    snsSubscriptions,
    { state: 'confirming' },
    and(eq(snsSubscriptions.id, id), inArray(snsSubscriptions.state, ['pending', 'confirming'])),
  )

/** Adds the topic to those whose messages the integration accepts. */
export const allowTopic = (db: TenantDb, integrationId: string, topicArn: string, now: number) => {
  const known = sql`coalesce(json_extract(${integrations.settings}, '$.topicArns'), '[]')`
  return db.update(
    integrations,
    {
      settings: sql`CASE WHEN EXISTS (SELECT 1 FROM json_each(${known}) WHERE value = ${topicArn}) THEN ${integrations.settings}
        ELSE json_set(${integrations.settings}, '$.topicArns', json(json_insert(${known}, '$[#]', ${topicArn}))) END`,
      updatedAt: now,
    },
    eq(integrations.id, integrationId),
  )
}

/** Has the request processed once more, now that its topic is allowed. */
export const processAgain = (db: TenantDb, deliveryId: string) =>
  db.update(
    ingestDeliveries,
    { state: 'received', attempts: 0, notBefore: null, leaseUntil: null },
    and(eq(ingestDeliveries.id, deliveryId), inArray(ingestDeliveries.state, ['processed', 'dead'])),
  )
