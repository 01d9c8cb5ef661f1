import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { flag, id, json, orgId, time } from './columns'
import { AUTHENTICITIES, DELIVERY_STATES } from './values'
import { integrations } from './integrations'

/** One accepted HTTP request of a sender. Stored before it is answered. */
export const ingestDeliveries = sqliteTable(
  'ingest_deliveries',
  {
    id: id(),
    orgId: orgId(),
    integrationId: text()
      .notNull()
      .references(() => integrations.id),
    source: text().notNull(),
    deliveryKey: text().notNull(),
    state: text({ enum: DELIVERY_STATES }).notNull(),
    authenticity: text({ enum: AUTHENTICITIES }).notNull(),
    receivedAt: integer().notNull(),
    attempts: integer().notNull().default(0),
    leaseOwner: text(),
    leaseUntil: time(),
    notBefore: time(),
    bytes: integer().notNull(),
    bodySha256: text().notNull(),
    /** Redacted: no authorization, cookie or token header. */
    headers: json<Readonly<Record<string, string>>>().notNull(),
    reason: text(),
    lastError: text(),
    /** How many alerts had which effect, and how many changes were recorded. */
    outcome: json<Readonly<Record<string, number>>>(),
    errors: json<readonly { readonly index: number; readonly message: string }[]>(),
    partial: flag().default(false),
    processedAt: time(),
    /** Items that only repeated an alert too often for rows of their own: index, alert and effect id. */
    counted: json<readonly (readonly [idx: number, alertId: string, id: string])[]>(),
  },
  (t) => [
    uniqueIndex('deliveries_key').on(t.integrationId, t.deliveryKey),
    index('deliveries_org').on(t.orgId, t.receivedAt),
    index('deliveries_integration').on(t.integrationId, t.receivedAt),
    index('deliveries_trouble')
      .on(t.integrationId, t.state, t.receivedAt)
      .where(sql`state IN ('rejected', 'held', 'dead')`),
    index('deliveries_counted')
      .on(t.orgId, t.receivedAt)
      .where(sql`counted IS NOT NULL`),
    index('deliveries_pending')
      .on(t.receivedAt)
      .where(sql`state IN ('received', 'processing')`),
  ],
)

/** Requests that failed verification beyond those of an hour that are kept as rows: only counted. */
export const refusedCounts = sqliteTable(
  'refused_counts',
  {
    orgId: orgId(),
    integrationId: text()
      .notNull()
      .references(() => integrations.id),
    /** Hours since the epoch. */
    hour: integer().notNull(),
    refused: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.integrationId, t.hour] })],
)

/** The raw bytes, apart, so that lists of deliveries stay light. */
export const ingestBodies = sqliteTable('ingest_bodies', {
  deliveryId: text()
    .primaryKey()
    .references(() => ingestDeliveries.id),
  orgId: orgId(),
  body: text().notNull(),
})
