import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, time, updatedAt } from './columns'
import { incidents } from './incidents'
import { CHANNEL_KINDS, NOTIFICATION_STATES } from './values'

/** Where an organisation wants to be told: an address with its secrets, sealed. A removed channel keeps neither. */
export const notificationChannels = sqliteTable(
  'notification_channels',
  {
    id: id(),
    orgId: orgId(),
    kind: text({ enum: CHANNEL_KINDS }).notNull(),
    name: text().notNull(),
    enabled: flag().default(true),
    /** The kinds of events that are told here. */
    events: json<readonly string[]>().notNull(),
    /** What may be shown: the host, and for e-mail the provider, sender and recipients. */
    config: json<Readonly<Record<string, unknown>>>().notNull(),
    /** Address and keys, sealed for this row. */
    sealed: text(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    deletedAt: time(),
  },
  (t) => [
    uniqueIndex('notification_channels_name')
      .on(t.orgId, t.name)
      .where(sql`deleted_at IS NULL`),
    index('notification_channels_sealed')
      .on(t.id)
      .where(sql`sealed IS NOT NULL`),
  ],
)

/**
 * One message to one channel. Triggers on the records of what happened write these rows, in the batch of the cause; each
 * cause makes one row a channel.
 */
export const notificationDeliveries = sqliteTable(
  'notification_deliveries',
  {
    /** Names the message at its receiver, too: the same for every try. */
    id: id(),
    orgId: orgId(),
    channelId: text()
      .notNull()
      .references(() => notificationChannels.id),
    event: text().notNull(),
    /** The row of what happened. */
    causeId: text().notNull(),
    incidentId: text(),
    runId: text(),
    /** What is told, as it was when it happened. */
    payload: json<Readonly<Record<string, unknown>>>().notNull(),
    state: text({ enum: NOTIFICATION_STATES }).notNull().default('pending'),
    attempts: integer().notNull().default(0),
    /** When the next try is due; while one is under way, when it is taken for lost. */
    nextAt: integer().notNull(),
    /** Who is trying: a try that was taken for lost writes nothing. */
    leaseOwner: text(),
    lastStatus: integer(),
    lastError: text(),
    doneAt: time(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('notifications_once').on(t.channelId, t.causeId),
    index('notifications_due')
      .on(t.orgId, t.nextAt)
      .where(sql`state = 'pending'`),
    index('notifications_order')
      .on(t.channelId, t.incidentId)
      .where(sql`state = 'pending'`),
    index('notifications_list').on(t.orgId, t.createdAt, t.id),
  ],
)
