/** What people set for the whole organisation. */
import { eq, sql, type InferSelectModel } from 'drizzle-orm'
import { organizationSettings } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type SettingsRow = InferSelectModel<typeof organizationSettings>

/** The one row of settings; none for an organisation that never had any. */
export const settingsOf = (db: TenantDb) => db.select(organizationSettings).limit(1)

/**
 * Puts settings in place of those of version `read` and moves the version that caches are checked against; nothing happens
 * when somebody else changed settings or rules since.
 */
export const putSettings = (
  db: TenantDb,
  read: number | null,
  settings: Partial<Pick<SettingsRow, 'correlation' | 'investigation' | 'bodyRetentionDays'>>,
  now: number,
) =>
  db
    .insert(organizationSettings, {
      version: 2,
      correlation: {},
      investigation: {},
      ...settings,
      updatedAt: now,
    })
    .onConflictDoUpdate({
      target: organizationSettings.orgId,
      set: { ...settings, version: sql`${organizationSettings.version} + 1`, updatedAt: now },
      setWhere: eq(organizationSettings.version, read ?? 0),
    })
