import { and, eq, sql } from 'drizzle-orm'
import { userPreferences } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Values of these keys, as JSON text; keys without a value have no row. */
export const preferencesOf = (db: TenantDb, userId: string, keys: readonly string[]) =>
  db.pick(
    { key: userPreferences.preferenceKey, json: userPreferences.preferenceValue },
    userPreferences,
    and(
      eq(userPreferences.userId, userId),
      sql`${userPreferences.preferenceKey} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`,
    ),
  )

/** Sets these keys to their JSON texts. */
export const setPreferences = (
  db: TenantDb,
  userId: string,
  entries: readonly { readonly key: string; readonly json: string }[],
  now: number,
) =>
  db.run(
    sql`INSERT INTO user_preferences (org_id, user_id, preference_key, preference_value, updated_at)
      SELECT ${db.orgId}, ${userId}, value ->> '$.key', value ->> '$.json', ${now} FROM json_each(${JSON.stringify(entries)}) WHERE true
      ON CONFLICT (org_id, user_id, preference_key) DO UPDATE SET preference_value = excluded.preference_value, updated_at = excluded.updated_at`,
  )

export const removePreferences = (db: TenantDb, userId: string, keys: readonly string[]) =>
  db.remove(
    userPreferences,
    and(
      eq(userPreferences.userId, userId),
      sql`${userPreferences.preferenceKey} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`,
    ),
  )

/** Fails the batch when the user has more preferences than that. */
export const ensureFew = (db: TenantDb, userId: string, most: number) =>
  db.ensure(
    sql`(SELECT count(*) FROM user_preferences WHERE org_id = ${db.orgId} AND user_id = ${userId}) <= ${most}`,
  )
