import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time, updatedAt, type Json } from './columns'
import { incidents } from './incidents'
import { ALERT_EFFECTS, ALERT_KINDS, ALERT_STATES, AUTHENTICITIES, SEVERITIES, STRATEGIES } from './values'

/** A minute (its number since the epoch) and the identical repeats in it. */
export interface RepeatPace {
  readonly minute: number
  readonly repeats: number
}

/** The persistent condition identified by (integration, dedup key). At most one is open at a time. */
export const alerts = sqliteTable(
  'alerts',
  {
    id: id(),
    orgId: orgId(),
    integrationId: text().notNull(),
    incidentId: text(),
    deliveryId: text().notNull(),
    source: text().notNull(),
    sourceType: text().notNull(),
    kind: text({ enum: ALERT_KINDS }).notNull(),
    dedupKey: text().notNull(),
    sourceAlertId: text().notNull(),
    state: text({ enum: ALERT_STATES }).notNull(),
    severity: text({ enum: SEVERITIES }).notNull(),
    severityRaw: text(),
    title: text().notNull(),
    description: text(),
    service: text(),
    environment: text(),
    host: text(),
    startsAt: integer().notNull(),
    lastSeenAt: integer().notNull(),
    lastTransitionAt: integer().notNull(),
    acknowledgedAt: time(),
    resolvedAt: time(),
    expiresAt: time(),
    occurrences: integer().notNull().default(1),
    flaps: integer().notNull().default(0),
    /** Identical repeats of the current minute; see the storm guard. */
    repeatPace: json<RepeatPace>(),
    authenticity: text({ enum: AUTHENTICITIES }).notNull(),
    sourceUrl: text(),
    dashboardUrl: text(),
    runbookUrl: text(),
    labels: json<Record<string, string>>().notNull(),
    metadata: json<Record<string, Json>>().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex('alerts_open')
      .on(t.integrationId, t.dedupKey)
      .where(sql`state <> 'resolved'`),
    index('alerts_identity').on(t.integrationId, t.dedupKey, t.createdAt),
    index('alerts_incident').on(t.orgId, t.incidentId, t.createdAt),
    index('alerts_service_open')
      .on(t.orgId, t.service)
      .where(sql`state <> 'resolved'`),
    index('alerts_expiry')
      .on(t.expiresAt)
      .where(sql`expires_at IS NOT NULL AND state <> 'resolved'`),
    index('alerts_recent').on(t.orgId, t.createdAt),
    index('alerts_source').on(t.orgId, t.source, t.createdAt, t.id),
    index('alerts_runbook_service')
      .on(t.orgId, sql`lower(service)`, t.createdAt)
      .where(sql`runbook_url IS NOT NULL`),
    index('alerts_runbook_title')
      .on(t.orgId, sql`lower(title)`, t.createdAt)
      .where(sql`runbook_url IS NOT NULL`),
  ],
)

/** One effect of one item of one delivery; the unique key is what makes a delivery take effect once. */
export const alertEvents = sqliteTable(
  'alert_events',
  {
    id: id(),
    orgId: orgId(),
    alertId: text(),
    deliveryId: text().notNull(),
    idx: integer().notNull(),
    effect: text({ enum: ALERT_EFFECTS }).notNull(),
    eventTime: integer().notNull(),
    at: createdAt(),
  },
  (t) => [
    uniqueIndex('alert_events_effect').on(t.deliveryId, t.idx),
    index('alert_events_alert').on(t.alertId, t.at),
  ],
)

/** Which incident an alert belongs to, and why. */
export const incidentAlerts = sqliteTable(
  'incident_alerts',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    originIncidentId: text().notNull(),
    alertId: text()
      .notNull()
      .unique()
      .references(() => alerts.id),
    correlationStrategy: text({ enum: STRATEGIES }).notNull(),
    correlationScore: real().notNull(),
    correlationDetails: json<Readonly<Record<string, unknown>>>().notNull(),
    priorCorrelation: json<Readonly<Record<string, unknown>>>(),
    receivedAt: integer().notNull(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('incident_alerts_primary')
      .on(t.originIncidentId)
      .where(sql`correlation_strategy = 'primary'`),
    index('incident_alerts_incident').on(t.incidentId, t.receivedAt),
  ],
)

/** Why an alert joined or opened: the scores of the candidates at that moment. Append-only. */
export const correlationDecisions = sqliteTable(
  'correlation_decisions',
  {
    id: id(),
    orgId: orgId(),
    alertId: text().notNull(),
    incidentId: text(),
    at: createdAt(),
    level: integer().notNull(),
    outcome: text().notNull(),
    strategy: text({ enum: STRATEGIES }).notNull(),
    score: real().notNull(),
    reason: text(),
    threshold: real().notNull(),
    windowSeconds: integer().notNull(),
    settingsVersion: integer().notNull(),
    topologyVersion: integer().notNull(),
    candidates: json<readonly Readonly<Record<string, unknown>>[]>().notNull(),
    /** The alert as it was when this was decided, for a replay under other settings. */
    facts: json<Readonly<Record<string, unknown>>>(),
  },
  (t) => [index('decisions_incident').on(t.incidentId, t.at), index('decisions_alert').on(t.alertId, t.at)],
)
