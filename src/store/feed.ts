/** The event log of the incident streams: rows are written in the batch of their change and read by a cursor, the row's `seq`. */
import { sql } from 'drizzle-orm'
import { chatSessions, feedEvents, incidents } from '../../drizzle/schema'
import { iso } from '../lib/time'
import type { Database } from './db'
import type { TenantDb } from './tenant-db'

/** One event of a live stream, its payload as the stream sends it. */
export interface FeedRow {
  readonly incidentId: string
  /** Set where only this user may see it. */
  readonly userId?: string | null
  /** True: shown by the organisation's stream; else by the incident's. */
  readonly wide?: boolean
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string }
}

/** A stored event; `json` is the payload's text. */
export interface FeedEvent {
  readonly seq: number
  readonly incidentId: string
  readonly userId: string | null
  readonly wide: 0 | 1
  readonly json: string
}

/** Which cursors can be continued: everything after `floor` is kept, and `head` is the newest number given out. */
export interface FeedBounds {
  readonly floor: number
  readonly head: number
}

/** The statement that tells the streams; it goes into the batch of the change. At least one event. */
export const announce = (db: TenantDb, events: readonly FeedRow[]) =>
  db.insertMany(
    feedEvents,
    events.map((row) => ({ wide: false, userId: null, ...row })),
  )

/** The organisation's events after a cursor, oldest first. */
export const eventsAfter = (db: TenantDb, after: number, limit: number) =>
  db.all<FeedEvent>(
    sql`SELECT seq, incident_id AS incidentId, user_id AS userId, wide, event AS json FROM ${feedEvents}
      WHERE ${db.mine(feedEvents)} AND seq > ${after} ORDER BY seq LIMIT ${limit}`,
  )

// The position is the table's, not a tenant's: it says how far the log has got and nothing of what it holds.
export const HEAD = sql<number>`coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed_events'), 0)`

/** The position that matches whatever else is read in the same batch: `[{ head }]`. */
export const cursorNow = (db: TenantDb) => db.all<{ readonly head: number }>(sql`SELECT ${HEAD} AS head`)

/** An empty log keeps nothing before its head. */
export async function feedBounds(db: TenantDb): Promise<FeedBounds> {
  const [bounds] = await db.all<FeedBounds>(
    sql`SELECT ${HEAD} AS head, coalesce((SELECT min(seq) - 1 FROM feed_events), ${HEAD}) AS floor`,
  )
  return bounds ?? { floor: 0, head: 0 }
}

/** `[{ id }]` when the tenant has this incident. */
export const incidentToFollow = (db: TenantDb, incidentId: string) =>
  db.all<{ readonly id: string }>(
    sql`SELECT id FROM ${incidents} WHERE ${db.mine(incidents)} AND id = ${incidentId}`,
  )

/** Whose session it is (nobody's: the whole organisation's), when the tenant has it and it is neither deleted nor closed. */
export const sessionToFollow = (db: TenantDb, sessionId: string) =>
  db.all<{ readonly userId: string | null }>(
    sql`SELECT user_id AS userId FROM ${chatSessions}
      WHERE ${db.mine(chatSessions)} AND id = ${sessionId} AND is_active AND status <> 'cancelled'`,
  )

/**
 * Forgets, for all tenants, at most `limit` events written before `before` (ms); answers how many went. Always from the
 * log's start, since a hole could not be told from a quiet time.
 */
export async function pruneFeed(db: Database, before: number, limit = 5000): Promise<number> {
  const result = await db.run(
    sql`DELETE FROM feed_events WHERE seq <= (SELECT max(seq) FROM
      (SELECT seq FROM feed_events WHERE created_at < ${before} ORDER BY created_at, seq LIMIT ${limit}))`,
  )
  return result.meta.changes
}

/** The organisations with events written from `since` (ms) on, for the sweep: it repeats nudges that may have been lost. */
export async function organizationsToldSince(db: Database, since: number): Promise<readonly string[]> {
  const rows = await db.all<{ readonly orgId: string }>(
    sql`SELECT DISTINCT org_id AS orgId FROM feed_events WHERE created_at >= ${since}`,
  )
  return rows.map(({ orgId }) => orgId)
}

const isoOf = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`

/**
 * Tells both streams how an incident stands at this point of the batch, for writers that change it without having read
 * all of it. The same events as `incidentChanged` makes of a row.
 */
export const announceIncident = (db: TenantDb, incidentId: string, reason: string, now: number) =>
  db.run(
    sql`INSERT INTO feed_events (org_id, incident_id, wide, event, created_at)
      SELECT i.org_id, i.id, w.value, CASE w.value
        WHEN 1 THEN json_object('type', 'incident_update', 'incident_id', i.id, 'source', i.source_type, 'status', i.status,
          'auroraStatus', i.aurora_status, 'reason', ${reason}, 'at', ${iso(now)})
        ELSE json_object('type', 'status', 'status', i.status, 'auroraStatus', i.aurora_status,
          'summary', coalesce(i.manual_summary, i.run_summary, i.alert_summary),
          'analyzedAt', ${sql.raw(isoOf('i.analyzed_at'))}, 'resolvedAt', ${sql.raw(isoOf('i.resolved_at'))}, 'reason', ${reason}) END, ${now}
      FROM json_each('[1,0]') AS w JOIN incidents AS i ON i.id = ${incidentId} AND i.org_id = ${db.orgId}`,
  )
