/** Ending runs before they are done. An executor at work loses its lease by the new epoch and writes nothing any more. */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm'
import { chatSessions, incidents, outbox, runs } from '../../drizzle/schema'
import { readableSession } from './chat-sessions'
import type { TenantDb } from './tenant-db'

const OPEN = ['queued', 'leased', 'running'] as const

const cancelled = (errorCode: string, now: number) => ({
  state: 'cancelled' as const,
  errorCode,
  cancelRequestedAt: now,
  endedAt: now,
  leaseExpiresAt: null,
  leaseEpoch: sql`${runs.leaseEpoch} + 1`,
})

const some = (ids: readonly string[]): SQL => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`

/** Cancels one run; the whole batch fails when it has ended meanwhile. */
export const cancelRun = (db: TenantDb, runId: string, errorCode: string, now: number) => [
  db.update(runs, cancelled(errorCode, now), and(eq(runs.id, runId), inArray(runs.state, [...OPEN]))),
  db.ensureChanged(),
  db.update(outbox, { doneAt: now }, and(eq(outbox.dedupeKey, `run:${runId}`), sql`done_at IS NULL`)),
]

/** Cancels whatever runs in these sessions of a user; answers which runs those were. */
export const cancelRunsIn = (db: TenantDb, userId: string, sessionIds: readonly string[], now: number) =>
  db
    .update(
      runs,
      cancelled('cancelled_by_user', now),
      and(
        inArray(runs.state, [...OPEN]),
        sql`${runs.sessionId} IN (SELECT s.id FROM chat_sessions s WHERE s.org_id = ${db.orgId} AND s.user_id = ${userId} AND s.is_active = 1 AND s.id IN ${some(sessionIds)})`,
      ),
    )
    .returning({ runId: runs.id, sessionId: runs.sessionId })

/** Tells the streams of their incidents that these threads are no longer being worked on. Before the sessions change. */
export const announceStopped = (db: TenantDb, userId: string, sessionIds: readonly string[], now: number) =>
  db.run(
    sql`INSERT INTO feed_events (org_id, incident_id, user_id, wide, event, created_at)
      SELECT s.org_id, s.incident_id, s.user_id, 0, json_object('type', 'chat', 'session_id', s.id, 'status', 'completed'), ${now}
      FROM ${chatSessions} AS s WHERE s.org_id = ${db.orgId} AND s.user_id = ${userId} AND s.status = 'in_progress'
        AND s.is_active = 1 AND s.incident_id IS NOT NULL AND s.id IN ${some(sessionIds)}`,
  )

/** After its newest run was cancelled an incident shows what an earlier one achieved. */
export const markAnalysisCancelled = (db: TenantDb, incidentId: string, now: number) =>
  db.update(
    incidents,
    {
      auroraStatus: sql`CASE WHEN ${incidents.status} = 'merged' OR EXISTS (SELECT 1 FROM runs r WHERE r.incident_id = ${incidents.id}
        AND r.org_id = ${incidents.orgId} AND r.kind = 'investigation' AND r.state = 'succeeded') THEN 'complete' ELSE 'idle' END`,
      updatedAt: now,
    },
    eq(incidents.id, incidentId),
  )

/** How a run ended, null while it is open. */
export const endOfRun = (db: TenantDb, runId: string) =>
  db.all<{ readonly state: 'succeeded' | 'failed' | 'timeout' | 'cancelled' }>(
    sql`SELECT state FROM ${runs} WHERE id = ${runId} AND org_id = ${db.orgId} AND state NOT IN ('queued', 'leased', 'running')`,
  )

/** A session that the user may reach, and the run at work in it. */
export const readableRun = (db: TenantDb, sessionId: string, userId: string) =>
  db.batch([
    readableSession(db, sessionId, userId),
    db.select(
      runs,
      and(eq(runs.sessionId, sessionId), sql`${runs.state} IN ('queued', 'leased', 'running')`),
    ),
  ])
