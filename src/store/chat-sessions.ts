import { and, asc, desc, eq, gt, isNull, ne, or, sql, type SQL } from 'drizzle-orm'
import { chatMessages, chatSessions } from '../../drizzle/schema'
import type { MessageRow, SessionRow } from './session-rows'
import type { TenantDb } from './tenant-db'

/** Who may read a session: its user, and for an investigation session every member. */
const readableBy = (userId: string): SQL | undefined =>
  or(eq(chatSessions.userId, userId), isNull(chatSessions.userId))

const alive = and(eq(chatSessions.isActive, true), ne(chatSessions.status, 'cancelled'))

export const readableSession = (db: TenantDb, id: string, userId: string) =>
  db.select(chatSessions, and(eq(chatSessions.id, id), alive, readableBy(userId))).limit(1)

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
) =>
  db.update(
    chatSessions,
    {
      status: 'in_progress',
      priorStatus: session.status,
      activeRunId: runId,
      messageCount: session.messageCount + 1,
      updatedAt: now,
    },
    and(
      eq(chatSessions.id, session.id),
      eq(chatSessions.messageCount, session.messageCount),
      ne(chatSessions.status, 'in_progress'),
    ),
  )

export const insertMessage = (db: TenantDb, row: Omit<typeof chatMessages.$inferInsert, 'orgId'>) =>
  db.insert(chatMessages, row)

/** Adds a message behind the last one, whatever its number: for writers that hold the session's run. */
export const appendMessage = (
  db: TenantDb,
  message: Pick<MessageRow, 'sessionId' | 'sender' | 'text' | 'runId' | 'createdAt'> &
    Partial<Pick<MessageRow, 'toolCalls' | 'citations' | 'severity' | 'code'>>,
) => [
  db.run(
    sql`INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, tool_calls, citations, severity, code, run_id, is_completed, created_at)
      SELECT id, org_id, message_count + 1, ${message.sender}, ${message.text}, ${jsonOrNull(message.toolCalls)}, ${jsonOrNull(message.citations)}, ${message.severity ?? null}, ${message.code ?? null}, ${message.runId}, 1, ${message.createdAt}
      FROM chat_sessions WHERE id = ${message.sessionId} AND org_id = ${db.orgId}`,
  ),
  db.update(
    chatSessions,
    { messageCount: sql`${chatSessions.messageCount} + 1`, updatedAt: message.createdAt },
    eq(chatSessions.id, message.sessionId),
  ),
]

const jsonOrNull = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value)

/** Ends the work of a run on its session. */
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
      status,
      activeRunId: null,
      pendingTurn: null,
      lastSeq: sql`max(${chatSessions.lastSeq}, ${lastSeq})`,
      updatedAt: now,
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
    sql`UPDATE ${chatSessions} SET prior_status = status, status = 'in_progress', active_run_id = j.value ->> '$.id', updated_at = ${now}
      FROM json_each(${rows}) AS j WHERE ${chatSessions.id} = j.value ->> '$.sessionId' AND ${db.mine(chatSessions)}`,
  )
}
