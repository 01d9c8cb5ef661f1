import { and, eq, gt, sql } from 'drizzle-orm'
import { oauthStates } from '../../drizzle/schema'
import type { OAuthStateRow } from './connection-rows'
import { openDatabase } from './db'
import type { TenantDb } from './tenant-db'

/** Logins that one user may have under way; the oldest gives way. */
const MOST = 10

/** Stores a login that begins, and forgets the user's oldest beyond ten. */
export const insertState = (db: TenantDb, row: Omit<OAuthStateRow, 'orgId'>) => [
  db.insert(oauthStates, row),
  db.run(
    sql`DELETE FROM oauth_states WHERE org_id = ${db.orgId} AND user_id = ${row.userId} AND state_hash NOT IN (
      SELECT state_hash FROM oauth_states WHERE org_id = ${db.orgId} AND user_id = ${row.userId} ORDER BY expires_at DESC, rowid DESC LIMIT ${MOST})`,
  ),
]

/**
 * Takes a state out of the database: before a tenant is known, the state decides whose login this is. One statement, so
 * that of two callbacks with the same state only one finds it.
 */
export async function consumeState(
  d1: D1Database,
  stateHash: string,
  provider: string,
  now: number,
): Promise<OAuthStateRow | null> {
  const [row] = await openDatabase(d1)
    .delete(oauthStates)
    .where(
      and(
        eq(oauthStates.stateHash, stateHash),
        eq(oauthStates.provider, provider),
        gt(oauthStates.expiresAt, now),
      ),
    )
    .returning()
  return row ?? null
}
