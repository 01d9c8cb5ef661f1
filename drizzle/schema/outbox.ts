import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time } from './columns'

/** Second-step effects, written in the batch of their cause and carried out until done. The dedupe key makes each happen once. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: id(),
    orgId: orgId(),
    kind: text().notNull(),
    dedupeKey: text().notNull().unique(),
    payload: json<Readonly<Record<string, unknown>>>().notNull(),
    attempts: integer().notNull().default(0),
    nextAt: integer().notNull(),
    doneAt: time(),
    lastError: text(),
    createdAt: createdAt(),
  },
  (t) => [
    index('outbox_due')
      .on(t.nextAt)
      .where(sql`done_at IS NULL`),
  ],
)

/**
 * What the live streams tell, in commit order: written in the batch of the change, so that a client sees exactly what was stored.
 * The row id is the streams' cursor.
 */
export const feedEvents = sqliteTable(
  'feed_events',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    orgId: orgId(),
    incidentId: text().notNull(),
    /** Set for events that only this user may see. */
    userId: text(),
    /** Whether the organisation's stream shows it, too. */
    wide: integer({ mode: 'boolean' }).notNull().default(false),
    event: json<Readonly<Record<string, unknown>>>().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    index('feed_org').on(t.orgId, t.seq),
    index('feed_incident').on(t.incidentId, t.seq),
    index('feed_age').on(t.createdAt),
  ],
)
