/** What an investigation suggests, and what people did with it. */
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import { incidentSuggestions } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type SuggestionRow = typeof incidentSuggestions.$inferSelect

export const suggestionById = (db: TenantDb, id: string) =>
  db.select(incidentSuggestions, eq(incidentSuggestions.id, id)).limit(1)

/** Keeps a person's version of a fix, as long as there is no pull request of it and nobody else edited it since. */
export const editFix = (
  db: TenantDb,
  read: Pick<SuggestionRow, 'id' | 'userEditedContent'>,
  userEditedContent: string,
) =>
  db.update(
    incidentSuggestions,
    { userEditedContent },
    and(
      eq(incidentSuggestions.id, read.id),
      eq(incidentSuggestions.type, 'fix'),
      isNull(incidentSuggestions.prUrl),
      sql`${incidentSuggestions.userEditedContent} IS ${read.userEditedContent}`,
    ),
  )

/** Takes a fix for one attempt to apply it; a claim from before `lost` was left behind by a crash. */
export const claimFix = (db: TenantDb, id: string, now: number, lost: number) =>
  db.update(
    incidentSuggestions,
    { applyClaimedAt: now },
    and(
      eq(incidentSuggestions.id, id),
      isNull(incidentSuggestions.prUrl),
      or(isNull(incidentSuggestions.applyClaimedAt), lt(incidentSuggestions.applyClaimedAt, lost)),
    ),
  )

/** The pull request of an attempt that went well. */
export const recordPull = (
  db: TenantDb,
  id: string,
  pull: Pick<SuggestionRow, 'prUrl' | 'prNumber' | 'createdBranch'>,
  now: number,
) =>
  db.update(
    incidentSuggestions,
    { ...pull, applyClaimedAt: null, appliedAt: now },
    eq(incidentSuggestions.id, id),
  )

/** Gives the claim of a failed attempt back. */
export const releaseFix = (db: TenantDb, id: string, claimedAt: number) =>
  db.update(
    incidentSuggestions,
    { applyClaimedAt: null },
    and(eq(incidentSuggestions.id, id), eq(incidentSuggestions.applyClaimedAt, claimedAt)),
  )

/** Executed by a person, perhaps in one of the organisation's sessions. Marking it again changes nothing. */
export const markExecuted = (db: TenantDb, id: string, sessionId: string | null, now: number) =>
  db.update(
    incidentSuggestions,
    {
      executedAt: sql`coalesce(${incidentSuggestions.executedAt}, ${now})`,
      executionStatus: 'executed',
      executionSessionId: sql`coalesce((SELECT s.id FROM chat_sessions s WHERE s.id = ${sessionId} AND s.org_id = ${db.orgId}), ${incidentSuggestions.executionSessionId})`,
    },
    eq(incidentSuggestions.id, id),
  )

/** A session has begun to carry it out. How that ends is written by the database with the end of the session's run. */
export const beginExecution = (db: TenantDb, id: string, sessionId: string) =>
  db.update(
    incidentSuggestions,
    { executionStatus: 'in_progress', executionSessionId: sessionId },
    eq(incidentSuggestions.id, id),
  )
