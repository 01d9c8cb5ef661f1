/** What people set for the whole organisation. */
import { sql } from 'drizzle-orm'
import { organizationSettings } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** The one row of settings; none for an organisation that never had any. */
export const settingsOf = (db: TenantDb) => db.select(organizationSettings).limit(1)

/** Puts the investigation settings in place of the old ones and moves the version that caches are checked against. */
export const putInvestigation = (
  db: TenantDb,
  investigation: Readonly<Record<string, unknown>>,
  now: number,
) =>
  db.insert(organizationSettings, { investigation, correlation: {}, updatedAt: now }).onConflictDoUpdate({
    target: organizationSettings.orgId,
    set: { investigation, version: sql`${organizationSettings.version} + 1`, updatedAt: now },
  })
