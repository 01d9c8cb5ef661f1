import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, updatedAt } from './columns'
import { SENDERS, SESSION_STATUSES } from './values'

/** A thread. Private to its user; an incident's investigation session has none and belongs to the organisation. */
export const chatSessions = sqliteTable(
  'chat_sessions',
  {
    id: id(),
    orgId: orgId(),
    userId: text(),
    incidentId: text(),
    title: text().notNull(),
    uiState: json<Readonly<Record<string, unknown>>>().notNull(),
    status: text({ enum: SESSION_STATUSES }).notNull().default('active'),
    priorStatus: text({ enum: SESSION_STATUSES }),
    messageCount: integer().notNull().default(0),
    /** Newest frame number that the stored messages reflect. */
    lastSeq: integer().notNull().default(0),
    isActive: flag().default(true),
    pendingTurn: json<Readonly<Record<string, unknown>>>(),
    activeRunId: text(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('sessions_user').on(t.userId, t.isActive, t.updatedAt, t.id),
    index('sessions_incident').on(t.incidentId, t.userId, t.createdAt),
    index('sessions_investigations')
      .on(t.orgId, t.updatedAt, t.id)
      .where(sql`user_id IS NULL AND is_active = 1`),
  ],
)

export const chatMessages = sqliteTable(
  'chat_messages',
  {
    sessionId: text()
      .notNull()
      .references(() => chatSessions.id),
    orgId: orgId(),
    messageNumber: integer().notNull(),
    sender: text({ enum: SENDERS }).notNull(),
    text: text().notNull(),
    toolCalls: json<readonly Readonly<Record<string, unknown>>[]>(),
    images: json<readonly Readonly<Record<string, unknown>>[]>(),
    citations: json<readonly Readonly<Record<string, unknown>>[]>(),
    severity: text(),
    code: text(),
    runId: text(),
    isCompleted: flag().default(true),
    /** Keys of a client's own that came with the message, and files that are no images. */
    extra: json<Readonly<Record<string, unknown>>>(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.messageNumber] }), index('messages_run').on(t.runId)],
)
