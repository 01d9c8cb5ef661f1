/** What a rehearsal of other correlation settings reads: what happened to alerts, in the order in which it was decided. */
import { sql } from 'drizzle-orm'
import type { TenantDb } from './tenant-db'

export interface ReplayEvent {
  /** Ids of one moment sort in the order in which they were decided. */
  readonly id: string
  readonly alertId: string
  readonly effect: string
  readonly eventTime: number
  /** When it was decided, ms. */
  readonly at: number
  /** When its delivery was received, ms; null for an end by time. */
  readonly receivedAt: number | null
}

export interface ReplayAlert {
  readonly id: string
  readonly createdAt: number
  /** The incident that it was put into when it opened. */
  readonly incidentId: string
  /** The alert as it was then; JSON, null where it was not kept. */
  readonly facts: string | null
  readonly topologyVersion: number | null
  readonly byHand: 0 | 1
  readonly alert: string
}

/** Changes by people that a rehearsal follows or has to own up to. */
export interface ManualChange {
  readonly incidentId: string
  readonly event: string
  readonly at: number
}

/**
 * Alerts with a delivery in the span, those put in by hand, and all others of their incidents; opened before its end.
 * `byHand` alerts came without a delivery.
 */
export const alertsToReplay = (db: TenantDb, from: number, to: number, limit: number) => {
  const touched = sql`SELECT e.alert_id FROM ingest_deliveries d JOIN alert_events e ON e.delivery_id = d.id
      WHERE d.org_id = ${db.orgId} AND d.received_at >= ${from} AND d.received_at < ${to} AND e.alert_id IS NOT NULL
    UNION SELECT h.id FROM alerts h WHERE h.org_id = ${db.orgId} AND h.created_at >= ${from} AND h.created_at < ${to}`
  const homes = sql`SELECT m.origin_incident_id FROM incident_alerts m WHERE m.org_id = ${db.orgId} AND m.alert_id IN (${touched})`
  return db.all<ReplayAlert>(
    sql`SELECT a.id, a.created_at AS createdAt, coalesce(d.incident_id, m.origin_incident_id) AS incidentId, d.facts, d.topology_version AS topologyVersion,
        (d.id IS NULL AND NOT EXISTS (SELECT 1 FROM alert_events e WHERE e.alert_id = a.id)) AS byHand,
        json_object('source', a.source, 'sourceType', a.source_type, 'kind', a.kind, 'dedupKey', a.dedup_key, 'severity', a.severity, 'severityRaw', a.severity_raw,
          'title', a.title, 'description', a.description, 'service', a.service, 'environment', a.environment, 'host', a.host, 'sourceUrl', a.source_url,
          'sourceAlertId', a.source_alert_id, 'labels', json(a.labels), 'eventTime', a.starts_at) AS alert
      FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id AND a.org_id = m.org_id
      LEFT JOIN correlation_decisions d ON d.id = (SELECT x.id FROM correlation_decisions x WHERE x.alert_id = a.id AND x.level >= 2 ORDER BY x.at, x.id LIMIT 1)
      WHERE m.org_id = ${db.orgId} AND m.origin_incident_id IN (${homes}) AND a.created_at < ${to} LIMIT ${limit}`,
  )
}

/** The events of these alerts until `to`, in the order in which they were decided. */
export const eventsToReplay = (db: TenantDb, alertIds: readonly string[], to: number, limit: number) =>
  db.all<ReplayEvent>(
    sql`SELECT e.id, e.alert_id AS alertId, e.effect, e.event_time AS eventTime, e.at, d.received_at AS receivedAt
      FROM json_each(${JSON.stringify(alertIds)}) AS asked JOIN alert_events e ON e.alert_id = asked.value AND e.org_id = ${db.orgId}
      LEFT JOIN ingest_deliveries d ON d.id = e.delivery_id
      WHERE e.at < ${to} AND e.effect IN ('opened', 'repeat', 'escalated', 'reopened', 'resolved', 'expired', 'auto_resolved')
      ORDER BY e.rowid LIMIT ${limit}`,
  )

/** Repeats that were only counted, of deliveries received in the span. The id says when. */
export const countedToReplay = (db: TenantDb, from: number, to: number, limit: number) =>
  db.all<{ readonly id: string; readonly alertId: string; readonly receivedAt: number }>(
    sql`SELECT c.value ->> '$[2]' AS id, c.value ->> '$[1]' AS alertId, d.received_at AS receivedAt
      FROM ingest_deliveries d, json_each(d.counted) AS c
      WHERE d.org_id = ${db.orgId} AND d.counted IS NOT NULL AND d.received_at >= ${from} AND d.received_at < ${to} LIMIT ${limit}`,
  )

/** What people did to these incidents until `to`, in order. */
export const manualChanges = (db: TenantDb, incidentIds: readonly string[], to: number) =>
  db.all<ManualChange>(
    sql`SELECT l.incident_id AS incidentId, l.event, l.at
      FROM json_each(${JSON.stringify(incidentIds)}) AS asked JOIN lifecycle_events l ON l.incident_id = asked.value AND l.org_id = ${db.orgId}
      WHERE l.at < ${to} AND l.actor <> 'system' AND l.event IN ('resolved', 'reopened', 'merged', 'unmerged', 'split') ORDER BY l.at, l.id LIMIT 10000`,
  )
