/** Keys of requests that must not happen twice, with the answers they got. */
import { and, eq, sql } from 'drizzle-orm'
import { idempotencyKeys } from '../../drizzle/schema'
import type { Database } from './db'
import type { TenantDb } from './tenant-db'

/** What a client repeats: its key, on a path. */
export interface KeyedRequest {
  readonly userId: string
  readonly path: string
  readonly key: string
}

/** Takes the key for `claim`: when nobody has it, when its holder began before `deadBefore` and never ended, or when it is too old. */
export const takeKey = (
  db: TenantDb,
  { userId, path, key }: KeyedRequest,
  it: { readonly claim: string; readonly bodyHash: string; readonly now: number },
  { deadBefore, oldBefore }: { readonly deadBefore: number; readonly oldBefore: number },
) =>
  db.run(
    sql`INSERT INTO idempotency_keys (org_id, user_id, path, key, body_hash, state, claim, created_at)
      VALUES (${db.orgId}, ${userId}, ${path}, ${key}, ${it.bodyHash}, 'running', ${it.claim}, ${it.now})
      ON CONFLICT (org_id, user_id, path, key) DO UPDATE
      SET body_hash = excluded.body_hash, state = 'running', claim = excluded.claim, status = NULL, response = NULL, created_at = excluded.created_at
      WHERE created_at < ${oldBefore} OR (state = 'running' AND created_at < ${deadBefore})`,
  )

export const findKey = (db: TenantDb, { userId, path, key }: KeyedRequest) =>
  db
    .select(
      idempotencyKeys,
      and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.path, path), eq(idempotencyKeys.key, key)),
    )
    .limit(1)

const heldBy = ({ userId, path, key }: KeyedRequest, claim: string) =>
  and(
    eq(idempotencyKeys.userId, userId),
    eq(idempotencyKeys.path, path),
    eq(idempotencyKeys.key, key),
    eq(idempotencyKeys.claim, claim),
  )

/** Keeps the answer, if `claim` still holds the key. */
export const storeAnswer = (
  db: TenantDb,
  request: KeyedRequest,
  claim: string,
  answer: { readonly status: number; readonly response: string },
) => db.update(idempotencyKeys, { ...answer, state: 'done' }, heldBy(request, claim))

/** Gives the key back: whoever repeats the request does it anew. */
export const freeKey = (db: TenantDb, request: KeyedRequest, claim: string) =>
  db.remove(idempotencyKeys, heldBy(request, claim))

/** Forgets, for all tenants, at most `limit` keys taken before `before` (ms). */
export async function pruneKeys(db: Database, before: number, limit = 1000): Promise<void> {
  await db.run(
    sql`DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys WHERE created_at < ${before} ORDER BY created_at LIMIT ${limit})`,
  )
}
