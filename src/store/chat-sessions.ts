import { and, desc, eq, isNull, ne, or, sql, type SQL } from 'drizzle-orm'
import { chatSessions } from '../../drizzle/schema'
import type { SessionRow } from './session-rows'
import type { TenantDb } from './tenant-db'

/** Who may read a session: its user, and for an investigation session every member. */
const readableBy = (userId: string): SQL | undefined =>
  or(eq(chatSessions.userId, userId), isNull(chatSessions.userId))

export const alive = and(eq(chatSessions.isActive, true), ne(chatSessions.status, 'cancelled'))

export const readableSession = (db: TenantDb, id: string, userId: string) =>
  db.select(chatSessions, and(eq(chatSessions.id, id), alive, readableBy(userId))).limit(1)

/** The same, and one that a merge closed, for those who are told that it is closed. */
export const sessionToWrite = (db: TenantDb, id: string, userId: string) =>
  db
    .select(chatSessions, and(eq(chatSessions.id, id), eq(chatSessions.isActive, true), readableBy(userId)))
    .limit(1)

/** A change moves the time, however fast changes follow each other: the time is the session's version. */
export const moved = (now: number): SQL => sql`max(CAST(${now} AS INTEGER), ${chatSessions.updatedAt} + 1)`

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

export const insertSession = (db: TenantDb, row: Omit<typeof chatSessions.$inferInsert, 'orgId'>) =>
  db.insert(chatSessions, row)
