/** Text that a run is still writing, stored so that a reader of the session misses nothing. */
import { and, eq, sql } from 'drizzle-orm'
import { chatMessages, chatSessions } from '../../drizzle/schema'
import { appendMessage } from './chat-messages'
import type { MessageRow } from './session-rows'
import type { TenantDb } from './tenant-db'

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
