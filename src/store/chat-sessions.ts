import { and, asc, desc, eq, gt, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm'
import { chatMessages, chatSessions } from '../../drizzle/schema'
import { iso } from '../lib/time'
import type { MessageRow, SessionRow } from './session-rows'
import type { TenantDb } from './tenant-db'

/** Who may read a session: its user, and for an investigation session every member. */
const readableBy = (userId: string): SQL | undefined =>
  or(eq(chatSessions.userId, userId), isNull(chatSessions.userId))

const alive = and(eq(chatSessions.isActive, true), ne(chatSessions.status, 'cancelled'))

export const readableSession = (db: TenantDb, id: string, userId: string) =>
  db.select(chatSessions, and(eq(chatSessions.id, id), alive, readableBy(userId))).limit(1)

/** The same, and one that a merge closed, for those who are told that it is closed. */
export const sessionToWrite = (db: TenantDb, id: string, userId: string) =>
  db
    .select(chatSessions, and(eq(chatSessions.id, id), eq(chatSessions.isActive, true), readableBy(userId)))
    .limit(1)

/** A change moves the time, however fast changes follow each other: the time is the session's version. */
const moved = (now: number): SQL => sql`max(CAST(${now} AS INTEGER), ${chatSessions.updatedAt} + 1)`

export interface SessionPage {
  readonly status: SessionRow['status'] | null
  readonly limit: number
  /** The last session of the page before. */
  readonly after: { readonly updatedAt: number; readonly id: string } | null
}

/** A page of sessions without their messages, last change first: those of a user, or the organisation's investigations. */
export const pageOfSessions = (db: TenantDb, userId: string | null, { status, limit, after }: SessionPage) =>
  db
    .pick(
      LISTED,
      chatSessions,
      and(
        userId === null ? isNull(chatSessions.userId) : eq(chatSessions.userId, userId),
        // Written out: a partial index is only used for the very words of its condition.
        sql`${chatSessions.isActive} = 1`,
        status === null ? ne(chatSessions.status, 'cancelled') : eq(chatSessions.status, status),
        after === null
          ? undefined
          : sql`(${chatSessions.updatedAt}, ${chatSessions.id}) < (${after.updatedAt}, ${after.id})`,
      ),
    )
    .orderBy(desc(chatSessions.updatedAt), desc(chatSessions.id))
    .limit(limit)

const LISTED = {
  id: chatSessions.id,
  userId: chatSessions.userId,
  title: chatSessions.title,
  uiState: chatSessions.uiState,
  status: chatSessions.status,
  messageCount: chatSessions.messageCount,
  incidentId: chatSessions.incidentId,
  createdAt: chatSessions.createdAt,
  updatedAt: chatSessions.updatedAt,
}

/**
 * Changes a session. As a `whole`, only the very version that was read, and messages only while nobody is answering in it.
 * Else a new title only in place of the one that was read, and the state of a page in place of whatever there is: what a run
 * writes meanwhile is nobody's rival.
 */
export const changeSession = (
  db: TenantDb,
  read: Pick<SessionRow, 'id' | 'updatedAt' | 'title'>,
  changes: Partial<Pick<SessionRow, 'title' | 'uiState' | 'messageCount'>>,
  whole: boolean,
  now: number,
) =>
  db.update(
    chatSessions,
    { ...changes, updatedAt: moved(now) },
    and(
      eq(chatSessions.id, read.id),
      eq(chatSessions.isActive, true),
      whole ? eq(chatSessions.updatedAt, read.updatedAt) : and(alive, ne(chatSessions.status, 'completed')),
      whole || changes.title === undefined ? undefined : eq(chatSessions.title, read.title),
      changes.messageCount === undefined ? undefined : ne(chatSessions.status, 'in_progress'),
    ),
  )

/** The user's sessions that are not deleted, but one. */
export const idsOfSessions = (db: TenantDb, userId: string, spared: string | null) =>
  db.pick(
    { id: chatSessions.id },
    chatSessions,
    and(
      eq(chatSessions.userId, userId),
      eq(chatSessions.isActive, true),
      spared === null ? undefined : ne(chatSessions.id, spared),
    ),
  )

/** Soft-deletes the user's sessions among these; whatever ran in them has to be cancelled in the same batch. */
export const deleteSessions = (db: TenantDb, userId: string, ids: readonly string[], now: number) =>
  db
    .update(
      chatSessions,
      {
        isActive: false,
        activeRunId: null,
        pendingTurn: null,
        status: sql`CASE WHEN ${chatSessions.status} = 'in_progress' THEN 'completed' ELSE ${chatSessions.status} END`,
        updatedAt: moved(now),
      },
      and(
        sql`${chatSessions.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
        eq(chatSessions.userId, userId),
        eq(chatSessions.isActive, true),
      ),
    )
    .returning({ id: chatSessions.id })

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

const SHOWN_MESSAGES = 2000

/** The newest messages of a session, oldest first. */
export const messagesOf = (db: TenantDb, sessionId: string) =>
  db
    .select(
      chatMessages,
      and(
        eq(chatMessages.sessionId, sessionId),
        gt(
          chatMessages.messageNumber,
          sql`coalesce((SELECT s.message_count - ${SHOWN_MESSAGES} FROM chat_sessions s WHERE s.id = ${sessionId}), 0)`,
        ),
      ),
    )
    .orderBy(asc(chatMessages.messageNumber))

/** The newest few messages, newest first: what a question may refer to. */
export const recentMessages = (db: TenantDb, sessionId: string, limit: number) =>
  db
    .select(chatMessages, eq(chatMessages.sessionId, sessionId))
    .orderBy(desc(chatMessages.messageNumber))
    .limit(limit)

export const insertSession = (db: TenantDb, row: Omit<typeof chatSessions.$inferInsert, 'orgId'>) =>
  db.insert(chatSessions, row)

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

export const insertMessage = (db: TenantDb, row: Omit<typeof chatMessages.$inferInsert, 'orgId'>) =>
  db.insert(chatMessages, row)

/** Adds a message behind the last one, whatever its number: for writers that hold the session's run. */
export const appendMessage = (
  db: TenantDb,
  message: Pick<MessageRow, 'sessionId' | 'sender' | 'text' | 'runId' | 'createdAt'> &
    Partial<Pick<MessageRow, 'toolCalls' | 'citations' | 'severity' | 'code' | 'isCompleted'>>,
) => [
  db.run(
    sql`INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, tool_calls, citations, severity, code, run_id, is_completed, created_at)
      SELECT id, org_id, message_count + 1, ${message.sender}, ${message.text}, ${jsonOrNull(message.toolCalls)}, ${jsonOrNull(message.citations)}, ${message.severity ?? null}, ${message.code ?? null}, ${message.runId}, ${message.isCompleted === false ? 0 : 1}, ${message.createdAt}
      FROM chat_sessions WHERE id = ${message.sessionId} AND org_id = ${db.orgId}`,
  ),
  db.update(
    chatSessions,
    { messageCount: sql`${chatSessions.messageCount} + 1`, updatedAt: moved(message.createdAt) },
    eq(chatSessions.id, message.sessionId),
  ),
]

const jsonOrNull = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value)

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
