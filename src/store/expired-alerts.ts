import { and, lte, sql } from 'drizzle-orm'
import { alerts } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Open alerts whose time ran out, oldest first. */
export const expiredAlerts = (tenant: TenantDb, now: number, limit: number) =>
  tenant.join((db) =>
    db
      .select({
        id: alerts.id,
        integrationId: alerts.integrationId,
        dedupKey: alerts.dedupKey,
        expiresAt: alerts.expiresAt,
      })
      .from(alerts)
      .where(
        and(
          lte(alerts.expiresAt, now),
          sql`${alerts.expiresAt} IS NOT NULL AND ${alerts.state} <> 'resolved'`,
          tenant.mineById(alerts),
        ),
      )
      .orderBy(alerts.expiresAt)
      .limit(limit),
  )
