/** Joins that wait to be told together: which incidents have some, and the newest join of each. */
import { and, asc, eq, isNotNull, sql } from 'drizzle-orm'
import { alerts, incidentAlerts, incidents } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** The incidents whose joins are due, the longest overdue first, and when the first of the others is. */
export async function incidentsWithJoinsDue(tenant: TenantDb, now: number, limit: number) {
  const rows = await tenant.join((db) =>
    db
      .select({ id: incidents.id, at: incidents.joinsDueAt })
      .from(incidents)
      .where(and(isNotNull(incidents.joinsDueAt), tenant.mineById(incidents)))
      .orderBy(asc(incidents.joinsDueAt))
      .limit(limit + 1),
  )
  const due = rows.filter(({ at }) => (at ?? 0) <= now).slice(0, limit)
  return { due: due.map(({ id }) => id), next: rows[due.length]?.at ?? null }
}

/** The newest join of each of these incidents. */
export const lastJoinsOf = (tenant: TenantDb, incidentIds: readonly string[]) =>
  tenant.join((db) =>
    db
      .select({
        incidentId: incidentAlerts.incidentId,
        score: incidentAlerts.correlationScore,
        alert: alerts,
      })
      .from(incidentAlerts)
      .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mineById(alerts)))
      .where(
        and(
          sql`${incidentAlerts.id} IN (SELECT (SELECT m.id FROM incident_alerts m WHERE m.incident_id = asked.value ORDER BY m.received_at DESC, m.id DESC LIMIT 1) FROM json_each(${JSON.stringify(incidentIds)}) AS asked)`,
          tenant.mineById(incidentAlerts),
        ),
      ),
  )
