/** What an organisation says of commands. */
import { and, asc, desc, eq, sql, type InferSelectModel } from 'drizzle-orm'
import { commandPolicies, commandPolicyLists } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export { POLICY_MODES } from '../../drizzle/schema/values'

export type PolicyRow = InferSelectModel<typeof commandPolicies>
export type ListsRow = InferSelectModel<typeof commandPolicyLists>

const MOST = 500
const P = commandPolicies
const L = commandPolicyLists

/** In the order in which they are tried. */
export const allPolicies = (db: TenantDb) => db.select(P).orderBy(desc(P.priority), asc(P.id)).limit(MOST)

/** Which lists count: no row or one. */
export const policyLists = (db: TenantDb) => db.select(L).limit(1)

export const policyById = (db: TenantDb, id: string) => db.select(P, eq(P.id, id)).limit(1)

/** Fails the batch when the organisation then has more rules than may be. */
export const insertPolicies = (db: TenantDb, rows: readonly Omit<PolicyRow, 'orgId'>[]) => [
  db.insertMany(P, rows),
  db.ensure(sql`(SELECT count(*) FROM ${P} WHERE ${db.mine(P)}) <= ${MOST}`),
]

/** Writes changes onto the rule that was read: nothing happens when somebody else changed it since. */
export const changePolicy = (
  db: TenantDb,
  read: Pick<PolicyRow, 'id' | 'updatedAt'>,
  changes: Partial<Omit<PolicyRow, 'id' | 'orgId'>>,
) => db.update(P, changes, and(eq(P.id, read.id), eq(P.updatedAt, read.updatedAt)))

export const removePolicy = (db: TenantDb, id: string) => db.remove(P, eq(P.id, id))

export const removeAllPolicies = (db: TenantDb) => db.remove(P, undefined)

/** Sets what is named of the lists, and leaves the rest. */
export const setLists = (
  db: TenantDb,
  changes: Partial<Pick<ListsRow, 'allowlistEnabled' | 'denylistEnabled' | 'activeTemplateId'>>,
  now: number,
) =>
  db
    .insert(L, { ...changes, updatedAt: now })
    .onConflictDoUpdate({ target: L.orgId, set: { ...changes, updatedAt: now } })
