import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { accessTokens } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type AccessTokenRow = typeof accessTokens.$inferSelect

const alive = (userId: string) => and(eq(accessTokens.userId, userId), isNull(accessTokens.revokedAt))

export const insertToken = (db: TenantDb, row: Omit<AccessTokenRow, 'orgId'>) => db.insert(accessTokens, row)

/** Fails the batch when the user has more tokens than that. */
export const ensureFew = (db: TenantDb, userId: string, most: number) =>
  db.ensure(
    sql`(SELECT count(*) FROM access_tokens WHERE org_id = ${db.orgId} AND user_id = ${userId} AND revoked_at IS NULL) <= ${most}`,
  )

/** The user's tokens that were not revoked, oldest first. */
export const tokensOf = (db: TenantDb, userId: string) =>
  db.select(accessTokens, alive(userId)).orderBy(asc(accessTokens.createdAt), asc(accessTokens.id))

/** Ends a token of this user that still is one. */
export const revokeToken = (
  db: TenantDb,
  { id, userId, now }: { readonly id: string; readonly userId: string; readonly now: number },
) => db.update(accessTokens, { revokedAt: now }, and(eq(accessTokens.id, id), alive(userId)))
