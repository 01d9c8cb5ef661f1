import { and, eq, sql } from 'drizzle-orm'
import { alerts, incidentAlerts } from '../../drizzle/schema'
import { wholeIncident } from './incidents'
import { newestAnalysis } from './investigations'
import { settingsOf } from './settings'
import type { TenantDb } from './tenant-db'

const EDGES = 500

/** What the picture of an incident is drawn from, as of one moment: `[incident, alerts, edges, analysis, settings]`. */
export const pictureOf = (tenant: TenantDb, incidentId: string) =>
  tenant.batch([
    wholeIncident(tenant, incidentId),
    tenant.join((db) =>
      db
        .select({
          service: alerts.service,
          worst:
            sql<number>`max(CASE WHEN ${alerts.state} = 'resolved' THEN 0 WHEN ${alerts.severity} IN ('critical', 'high') THEN 2 ELSE 1 END)`.as(
              'worst',
            ),
        })
        .from(incidentAlerts)
        .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mine(alerts)))
        .where(and(tenant.mine(incidentAlerts), eq(incidentAlerts.incidentId, incidentId)))
        .groupBy(alerts.service),
    ),
    tenant.all<{ readonly from: string; readonly to: string; readonly type: string }>(
      sql`WITH named(name) AS (SELECT lower(trim(s.value)) FROM incidents i, json_each(i.affected_services) s WHERE i.id = ${incidentId} AND i.org_id = ${tenant.orgId})
        SELECT from_service AS "from", to_service AS "to", type FROM service_edges WHERE org_id = ${tenant.orgId} AND from_service IN (SELECT name FROM named)
        UNION
        SELECT from_service, to_service, type FROM service_edges WHERE org_id = ${tenant.orgId} AND to_service IN (SELECT name FROM named)
        ORDER BY 1, 2 LIMIT ${EDGES}`,
    ),
    newestAnalysis(tenant, incidentId),
    settingsOf(tenant),
  ])
