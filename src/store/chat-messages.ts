/** Messages of chat sessions: pages of them, whole transcripts, and new ones. */
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import { chatMessages, chatSessions } from '../../drizzle/schema'
import { moved } from './chat-sessions'
import type { MessageRow } from './session-rows'
import type { TenantDb } from './tenant-db'

export type NewMessage = Omit<typeof chatMessages.$inferInsert, 'orgId' | 'sessionId' | 'messageNumber'>

/** Messages behind the first `after`, in order. */
export const pageOfMessages = (db: TenantDb, sessionId: string, after: number, limit: number) =>
  db
    .select(chatMessages, and(eq(chatMessages.sessionId, sessionId), gt(chatMessages.messageNumber, after)))
    .orderBy(asc(chatMessages.messageNumber))
    .limit(limit)

/** What a run said last. */
export const answerOfRun = (db: TenantDb, runId: string) =>
  db
    .pick(
      { text: chatMessages.text },
      chatMessages,
      and(
        eq(chatMessages.runId, runId),
        eq(chatMessages.sender, 'assistant'),
        eq(chatMessages.isCompleted, true),
      ),
    )
    .orderBy(sql`${chatMessages.messageNumber} DESC`)
    .limit(1)

/** What the latest answer cites. */
export const latestCitations = (db: TenantDb, sessionId: string) =>
  db
    .pick(
      { citations: chatMessages.citations },
      chatMessages,
      and(eq(chatMessages.sessionId, sessionId), eq(chatMessages.sender, 'assistant')),
    )
    .orderBy(sql`${chatMessages.messageNumber} DESC`)
    .limit(1)

/** Characters of JSON in one statement's parameter: D1 takes two million bytes. */
const LONGEST_PARAMETER = 400_000

/** A whole transcript, numbered from 1. */
export function insertTranscript(db: TenantDb, sessionId: string, messages: readonly NewMessage[]) {
  const rows = messages.map((message, index) => ({ ...message, sessionId, messageNumber: index + 1 }))
  const chunks: (typeof rows)[] = []
  let room = 0
  for (const row of rows) {
    const length = JSON.stringify(row).length
    if (length > room) {
      chunks.push([])
      room = LONGEST_PARAMETER
    }
    chunks.at(-1)?.push(row)
    room -= length
  }
  return chunks.map((chunk) => db.insertMany(chatMessages, chunk))
}

/** Forgets all messages of a session: a new transcript follows in the same batch. */
export const clearTranscript = (db: TenantDb, sessionId: string) =>
  db.remove(chatMessages, eq(chatMessages.sessionId, sessionId))

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
