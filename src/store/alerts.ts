/** Alerts as people look at them, their history, and why they are where they are. */
import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { alertEvents, alerts, correlationDecisions, incidentAlerts } from '../../drizzle/schema'
import type { Cursor } from '../lib/cursor'
import type { AlertRow } from './correlation-rows'
import type { TenantDb } from './tenant-db'

export interface AlertFilter {
  readonly state?: AlertRow['state'] | undefined
  readonly service?: string | undefined
  readonly integrationId?: string | undefined
}

/** A page, newest first. */
export const pageOfAlerts = (db: TenantDb, filter: AlertFilter, after: Cursor | null, limit: number) =>
  db
    .select(
      alerts,
      and(
        filter.state === undefined ? undefined : eq(alerts.state, filter.state),
        filter.service === undefined ? undefined : eq(alerts.service, filter.service),
        filter.integrationId === undefined ? undefined : eq(alerts.integrationId, filter.integrationId),
        after === null ? undefined : sql`(${alerts.createdAt}, ${alerts.id}) < (${after.at}, ${after.id})`,
      ),
    )
    .orderBy(desc(alerts.createdAt), desc(alerts.id))
    .limit(limit)

export const alertById = (db: TenantDb, id: string) => db.select(alerts, eq(alerts.id, id)).limit(1)

/** The newest events of an alert, newest first. */
export const historyOf = (db: TenantDb, alertId: string, limit: number) =>
  db
    .select(alertEvents, eq(alertEvents.alertId, alertId))
    .orderBy(desc(alertEvents.at), desc(alertEvents.id))
    .limit(limit)

/** The newest decision about an alert. */
export const decisionAbout = (db: TenantDb, alertId: string) =>
  db
    .select(correlationDecisions, eq(correlationDecisions.alertId, alertId))
    .orderBy(desc(correlationDecisions.at), desc(correlationDecisions.id))
    .limit(1)

/** What was decided about the alerts that an incident has now, oldest first. */
export const decisionsAround = (db: TenantDb, incidentId: string, limit: number) =>
  db
    .select(
      correlationDecisions,
      sql`${correlationDecisions.alertId} IN (SELECT alert_id FROM incident_alerts WHERE incident_id = ${incidentId} AND org_id = ${db.orgId})`,
    )
    .orderBy(asc(correlationDecisions.at), asc(correlationDecisions.id))
    .limit(limit)

/** The alerts of an incident in order of receipt, with whether they opened it. */
export const membersOf = (tenant: TenantDb, incidentId: string) =>
  tenant.join((db) =>
    db
      .select({
        alert: alerts,
        receivedAt: incidentAlerts.receivedAt,
        strategy: incidentAlerts.correlationStrategy,
      })
      .from(incidentAlerts)
      .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mineById(alerts)))
      .where(and(eq(incidentAlerts.incidentId, incidentId), tenant.mineById(incidentAlerts)))
      .orderBy(asc(incidentAlerts.receivedAt), asc(incidentAlerts.alertId)),
  )

/** Moves alerts into an incident of their own, whose primary alert is the first of them. */
export function splitOff(
  db: TenantDb,
  {
    from,
    to,
    alertIds,
  }: { readonly from: string; readonly to: string; readonly alertIds: readonly string[] },
  now: number,
) {
  const ids = JSON.stringify(alertIds)
  const details = JSON.stringify({ split_from_incident: from })
  return [
    db.run(
      sql`UPDATE incident_alerts SET incident_id = ${to}, origin_incident_id = ${to}, prior_correlation = NULL, correlation_score = 1,
          correlation_strategy = CASE alert_id WHEN ${alertIds[0] ?? ''} THEN 'primary' ELSE 'manual' END, correlation_details = ${details}
        WHERE org_id = ${db.orgId} AND incident_id = ${from} AND alert_id IN (SELECT value FROM json_each(${ids}))`,
    ),
    db.ensureChanged(alertIds.length),
    db.update(
      alerts,
      { incidentId: to, updatedAt: now },
      sql`${alerts.id} IN (SELECT value FROM json_each(${ids}))`,
    ),
  ] as const
}
