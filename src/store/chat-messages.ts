/** Messages of chat sessions: pages of them, whole transcripts, and text that is still being written. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { chatMessages, chatSessions } from '../../drizzle/schema'
import { appendMessage } from './chat-sessions'
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

type Owner = Pick<MessageRow, 'sessionId'> & { readonly runId: string }

const unfinished = ({ sessionId, runId }: Owner) =>
  and(
    eq(chatMessages.sessionId, sessionId),
    eq(chatMessages.runId, runId),
    eq(chatMessages.isCompleted, false),
  )

/** Takes back what a run has stored of a text so far: the whole text follows in the same batch. */
export const dropPartial = (db: TenantDb, owner: Owner) => [
  db.remove(chatMessages, unfinished(owner)),
  db.update(
    chatSessions,
    { messageCount: sql`${chatSessions.messageCount} - changes()` },
    eq(chatSessions.id, owner.sessionId),
  ),
]

/** Stores what a run has written so far, as the last message, and the number of the frame that it reaches to. */
export const keepPartial = (db: TenantDb, owner: Owner, text: string, lastSeq: number, now: number) => [
  ...dropPartial(db, owner),
  ...appendMessage(db, { ...owner, sender: 'assistant', text, isCompleted: false, createdAt: now }),
  db.update(chatSessions, { lastSeq }, eq(chatSessions.id, owner.sessionId)),
]

/** Nobody goes on writing these texts: they stay as they are. */
export const closePartials = (db: TenantDb, userId: string | null, sessionIds: readonly string[]) =>
  db.update(
    chatMessages,
    { isCompleted: true },
    and(
      sql`${chatMessages.sessionId} IN (SELECT s.id FROM chat_sessions s WHERE s.org_id = ${db.orgId} AND s.user_id IS ${userId}
        AND s.id IN (SELECT value FROM json_each(${JSON.stringify(sessionIds)})))`,
      eq(chatMessages.isCompleted, false),
    ),
  )
