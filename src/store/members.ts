/** Members of an organisation, and what goes with them when they leave. */
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import {
  accessTokens,
  chatMessages,
  chatSessions,
  incidentFeedback,
  learningRecords,
  runs,
  userPreferences,
  users,
} from '../../drizzle/schema'
import type { Role } from '../lib/session-token'
import type { Statement } from './db'
import type { TenantDb } from './tenant-db'

const OPEN = ['queued', 'leased', 'running'] as const

export interface MemberRow {
  readonly id: string
  readonly email: string
  readonly name: string | null
  readonly role: Role
  readonly createdAt: number
}

const columns = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  createdAt: users.createdAt,
}

/** Oldest first. */
export const membersOf = (db: TenantDb) =>
  db.pick(columns, users).orderBy(asc(users.createdAt), asc(users.id))

export const memberById = (db: TenantDb, userId: string) =>
  db.pick(columns, users, eq(users.id, userId)).limit(1)

export const memberByEmail = (db: TenantDb, email: string) =>
  db.pick(columns, users, eq(users.email, email)).limit(1)

export const insertMember = (db: TenantDb, row: Omit<typeof users.$inferInsert, 'orgId'>) =>
  db.insert(users, row)

/** True of every member but the last admin. */
const expendable = (db: TenantDb, userId: string) =>
  sql`(${users.role} <> 'admin' OR EXISTS (SELECT 1 FROM users AS o WHERE o.org_id = ${db.orgId} AND o.role = 'admin' AND o.id <> ${userId}))`

/** Changes a role, if it still is `from` and an admin remains. */
export const setRole = (
  db: TenantDb,
  change: { readonly userId: string; readonly from: Role; readonly to: Role; readonly now: number },
) =>
  db.update(
    users,
    { role: change.to, updatedAt: change.now },
    and(eq(users.id, change.userId), eq(users.role, change.from), expendable(db, change.userId)),
  )

/** Removes a member, if an admin remains. */
export const removeMember = (db: TenantDb, userId: string) =>
  db.remove(users, and(eq(users.id, userId), expendable(db, userId)))

/** The answers that a user waits for, with the sessions they belong to. */
export const openAnswers = (tenant: TenantDb, userId: string) =>
  tenant.join((db) =>
    db
      .select({ runId: runs.id, sessionId: runs.sessionId, lastSeq: chatSessions.lastSeq })
      .from(runs)
      .innerJoin(chatSessions, and(eq(chatSessions.id, runs.sessionId), tenant.mine(chatSessions)))
      .where(
        and(
          tenant.mine(runs),
          eq(runs.userId, userId),
          eq(runs.kind, 'chat'),
          inArray(runs.state, [...OPEN]),
        ),
      ),
  )

/** Ends the answers that a user waits for, and closes their chats without their content. Incidents stay. */
export function closeChats(db: TenantDb, userId: string, now: number): readonly Statement[] {
  const own = sql`(SELECT id FROM chat_sessions WHERE org_id = ${db.orgId} AND user_id = ${userId})`
  const asked = and(eq(runs.userId, userId), eq(runs.kind, 'chat'))
  return [
    db.run(
      sql`UPDATE outbox SET done_at = ${now} WHERE org_id = ${db.orgId} AND done_at IS NULL AND dedupe_key IN
        (SELECT 'run:' || id FROM runs WHERE org_id = ${db.orgId} AND user_id = ${userId} AND kind = 'chat' AND state IN ('queued', 'leased', 'running'))`,
    ),
    // Threads of the organisation in which the user asked go back to how they were.
    db.run(
      sql`UPDATE ${chatSessions} SET status = coalesce(prior_status, 'completed'), active_run_id = NULL, updated_at = ${now}
        WHERE ${db.mine(chatSessions)} AND user_id IS NULL AND active_run_id IN
          (SELECT id FROM runs WHERE org_id = ${db.orgId} AND user_id = ${userId} AND kind = 'chat')`,
    ),
    db.update(
      runs,
      {
        state: 'cancelled',
        errorCode: 'member_left',
        cancelRequestedAt: now,
        endedAt: now,
        leaseExpiresAt: null,
        leaseEpoch: sql`${runs.leaseEpoch} + 1`,
      },
      and(asked, inArray(runs.state, [...OPEN])),
    ),
    db.run(
      sql`DELETE FROM run_messages WHERE org_id = ${db.orgId} AND run_id IN (SELECT id FROM runs WHERE org_id = ${db.orgId} AND session_id IN ${own})`,
    ),
    db.remove(chatMessages, sql`${chatMessages.sessionId} IN ${own}`),
    db.update(
      chatSessions,
      {
        isActive: false,
        status: 'cancelled',
        title: '',
        uiState: {},
        messageCount: 0,
        pendingTurn: null,
        activeRunId: null,
        updatedAt: now,
      },
      eq(chatSessions.userId, userId),
    ),
  ]
}

/** Forgets what only the user had. */
export const removeBelongings = (db: TenantDb, userId: string): readonly Statement[] => [
  db.remove(userPreferences, eq(userPreferences.userId, userId)),
  db.remove(accessTokens, eq(accessTokens.userId, userId)),
  db.remove(
    learningRecords,
    sql`${learningRecords.feedbackId} IN (SELECT id FROM incident_feedback WHERE org_id = ${db.orgId} AND user_id = ${userId})`,
  ),
  db.remove(incidentFeedback, eq(incidentFeedback.userId, userId)),
]
