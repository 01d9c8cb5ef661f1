import { and, asc, eq, sql, type InferSelectModel } from 'drizzle-orm'
import { correlationRules, organizationSettings } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type RuleRow = InferSelectModel<typeof correlationRules>

/** Most rules of an organisation. */
export const MAX_RULES = 200

/** In the order in which they are tried. */
export const allRules = (db: TenantDb) =>
  db
    .select(correlationRules)
    .orderBy(asc(correlationRules.priority), asc(correlationRules.id))
    .limit(MAX_RULES)

export const ruleById = (db: TenantDb, id: string) =>
  db.select(correlationRules, eq(correlationRules.id, id)).limit(1)

export const insertRule = (db: TenantDb, row: Omit<RuleRow, 'orgId'>) => db.insert(correlationRules, row)

/** Fails the batch when the organisation has more rules than may be. */
export const ensureFewRules = (db: TenantDb) =>
  db.ensure(sql`(SELECT count(*) FROM correlation_rules WHERE org_id = ${db.orgId}) <= ${MAX_RULES}`)

/** Writes changes onto the rule that was read: nothing happens when somebody else changed it since. */
export const changeRule = (
  db: TenantDb,
  read: Pick<RuleRow, 'id' | 'updatedAt'>,
  changes: Partial<Omit<RuleRow, 'id' | 'orgId'>>,
) =>
  db.update(
    correlationRules,
    changes,
    and(eq(correlationRules.id, read.id), eq(correlationRules.updatedAt, read.updatedAt)),
  )

export const removeRule = (db: TenantDb, id: string) =>
  db.remove(correlationRules, eq(correlationRules.id, id))

/** Moves the version that caches of settings and rules are checked against. */
export const bumpSettings = (db: TenantDb, now: number) =>
  db.insert(organizationSettings, { version: 2, correlation: {}, investigation: {} }).onConflictDoUpdate({
    target: organizationSettings.orgId,
    set: { version: sql`${organizationSettings.version} + 1`, updatedAt: now },
  })
