/** What people set for the whole organisation. */
import { eq, sql } from 'drizzle-orm'
import { organizationSettings } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** The one row of settings; none for an organisation that never had any. */
export const settingsOf = (db: TenantDb) => db.select(organizationSettings).limit(1)

/**
 * Puts the investigation settings in place of those of version `read` and moves the version that caches are checked
 * against; nothing happens when somebody else changed settings or rules since.
 */
export const putInvestigation = (
  db: TenantDb,
  read: number | null,
  investigation: Readonly<Record<string, unknown>>,
  now: number,
) =>
  db.insert(organizationSettings, { investigation, correlation: {}, updatedAt: now }).onConflictDoUpdate({
    target: organizationSettings.orgId,
    set: { investigation, version: sql`${organizationSettings.version} + 1`, updatedAt: now },
    setWhere: eq(organizationSettings.version, read ?? 0),
  })

/** The same for how long bodies of deliveries are kept. */
export const putBodyRetention = (db: TenantDb, read: number | null, bodyRetentionDays: number, now: number) =>
  db
    .insert(organizationSettings, { bodyRetentionDays, correlation: {}, investigation: {}, updatedAt: now })
    .onConflictDoUpdate({
      target: organizationSettings.orgId,
      set: { bodyRetentionDays, version: sql`${organizationSettings.version} + 1`, updatedAt: now },
      setWhere: eq(organizationSettings.version, read ?? 0),
    })
