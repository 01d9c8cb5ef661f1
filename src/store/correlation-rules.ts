import { asc, count, eq, sql, type InferSelectModel } from 'drizzle-orm'
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

export const countRules = (db: TenantDb) => db.pick({ n: count() }, correlationRules)

export const insertRule = (db: TenantDb, row: Omit<RuleRow, 'orgId'>) => db.insert(correlationRules, row)

export const changeRule = (db: TenantDb, id: string, changes: Partial<Omit<RuleRow, 'id' | 'orgId'>>) =>
  db.update(correlationRules, changes, eq(correlationRules.id, id))

export const removeRule = (db: TenantDb, id: string) =>
  db.remove(correlationRules, eq(correlationRules.id, id))

/** Moves the version that caches of settings and rules are checked against. */
export const bumpSettings = (db: TenantDb, now: number) =>
  db.insert(organizationSettings, { version: 2, correlation: {}, investigation: {} }).onConflictDoUpdate({
    target: organizationSettings.orgId,
    set: { version: sql`${organizationSettings.version} + 1`, updatedAt: now },
  })

/** Puts the correlation settings in place of the old ones and moves the version. */
export const putCorrelation = (db: TenantDb, correlation: Readonly<Record<string, unknown>>, now: number) =>
  db
    .insert(organizationSettings, { version: 2, correlation, investigation: {}, updatedAt: now })
    .onConflictDoUpdate({
      target: organizationSettings.orgId,
      set: { correlation, version: sql`${organizationSettings.version} + 1`, updatedAt: now },
    })
