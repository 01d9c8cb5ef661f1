/** What a run does with the session that it works in. */
import { and, eq, lt, ne, sql } from 'drizzle-orm'
import { chatSessions } from '../../drizzle/schema'
import { iso } from '../lib/time'
import { alive, moved } from './chat-sessions'
import type { SessionRow } from './session-rows'
import type { TenantDb } from './tenant-db'

/** Answers an open confirmation: the decision stands beside it until the run takes it up. */
export const decide = (
  db: TenantDb,
  sessionId: string,
  answer: { readonly confirmationId: string; readonly decision: string; readonly by: string },
  now: number,
) =>
  db
    .update(
      chatSessions,
      {
        pendingTurn: sql`json_set(${chatSessions.pendingTurn}, '$.decision', ${answer.decision}, '$.decided_by', ${answer.by})`,
        updatedAt: moved(now),
      },
      and(
        eq(chatSessions.id, sessionId),
        sql`${chatSessions.pendingTurn} ->> '$.confirmation_id' = ${answer.confirmationId}`,
        sql`${chatSessions.pendingTurn} ->> '$.decision' IS NULL`,
        sql`${chatSessions.pendingTurn} ->> '$.expires_at' > ${iso(now)}`,
      ),
    )
    .returning({ runId: chatSessions.activeRunId })

/** The newest frame number, where the run that ended could not store it. */
export const noteSeq = (db: TenantDb, sessionId: string, lastSeq: number) =>
  db.update(chatSessions, { lastSeq }, and(eq(chatSessions.id, sessionId), lt(chatSessions.lastSeq, lastSeq)))

/** Takes an idle session for a run, and counts the message that comes with it. */
export const occupySession = (
  db: TenantDb,
  session: Pick<SessionRow, 'id' | 'messageCount' | 'status'>,
  runId: string,
  now: number,
  changes: Partial<Pick<SessionRow, 'uiState' | 'title'>> = {},
) =>
  db.update(
    chatSessions,
    {
      ...changes,
      status: 'in_progress',
      priorStatus: session.status,
      activeRunId: runId,
      messageCount: session.messageCount + 1,
      updatedAt: moved(now),
    },
    and(
      eq(chatSessions.id, session.id),
      eq(chatSessions.messageCount, session.messageCount),
      alive,
      ne(chatSessions.status, 'in_progress'),
    ),
  )

/** Ends the work of a run on its session. One that was asked over a socket leaves the status as it found it. */
export const releaseSession = (
  db: TenantDb,
  sessionId: string,
  runId: string,
  status: SessionRow['status'],
  lastSeq: number,
  now: number,
) =>
  db.update(
    chatSessions,
    {
      status: sql`CASE WHEN (SELECT r.checkpoint ->> '$.via' FROM runs r WHERE r.id = ${runId}) = 'socket'
        THEN coalesce(${chatSessions.priorStatus}, 'active') ELSE ${status} END`,
      activeRunId: null,
      pendingTurn: null,
      lastSeq: sql`max(${chatSessions.lastSeq}, ${lastSeq})`,
      updatedAt: moved(now),
    },
    and(eq(chatSessions.id, sessionId), eq(chatSessions.activeRunId, runId)),
  )

/** Marks the sessions of new runs as being worked on. */
export function activateRuns(
  db: TenantDb,
  runs: readonly { readonly id?: string | undefined; readonly sessionId: string }[],
  now: number,
) {
  const rows = JSON.stringify(runs.map(({ id, sessionId }) => ({ id, sessionId })))
  return db.run(
    sql`UPDATE ${chatSessions} SET prior_status = status, status = 'in_progress', active_run_id = j.value ->> '$.id', updated_at = max(CAST(${now} AS INTEGER), updated_at + 1)
      FROM json_each(${rows}) AS j WHERE ${chatSessions.id} = j.value ->> '$.sessionId' AND ${db.mine(chatSessions)}`,
  )
}
