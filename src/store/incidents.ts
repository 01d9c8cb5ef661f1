import { and, asc, desc, eq, ne, or, sql } from 'drizzle-orm'
import {
  alerts,
  chatMessages,
  chatSessions,
  evidence,
  incidentAlerts,
  incidents,
  incidentSuggestions,
  incidentThoughts,
  ingestBodies,
  runs,
} from '../../drizzle/schema'
import type { IncidentRow } from './correlation-rows'
import type { TenantDb } from './tenant-db'

/** An incident with the title of the one it was merged into. */
export const incidentById = (db: TenantDb, id: string) =>
  db
    .pick(
      {
        ...LISTED,
        runSummary: incidents.runSummary,
        version: incidents.version,
        acknowledgedAt: incidents.acknowledgedAt,
        // Named in full: among chosen columns Drizzle leaves a table's name away.
        mergedIntoTitle: sql<
          string | null
        >`(SELECT m.alert_title FROM incidents m WHERE m.id = incidents.merged_into_incident_id AND m.org_id = incidents.org_id)`.as(
          'merged_into_title',
        ),
      },
      incidents,
      eq(incidents.id, id),
    )
    .limit(1)

/** What lists show of an incident. */
export const LISTED = {
  id: incidents.id,
  sourceType: incidents.sourceType,
  sourceAlertId: incidents.sourceAlertId,
  status: incidents.status,
  severity: incidents.severity,
  alertTitle: incidents.alertTitle,
  alertService: incidents.alertService,
  alertMetadata: incidents.alertMetadata,
  sourceUrl: incidents.sourceUrl,
  auroraStatus: incidents.auroraStatus,
  summary:
    sql<string>`coalesce(${incidents.manualSummary}, ${incidents.runSummary}, ${incidents.alertSummary})`.as(
      'summary',
    ),
  chatSessionId: incidents.chatSessionId,
  activeTab: incidents.activeTab,
  correlatedAlertCount: incidents.correlatedAlertCount,
  affectedServices: incidents.affectedServices,
  mergedIntoIncidentId: incidents.mergedIntoIncidentId,
  suppressedBy: incidents.suppressedBy,
  startedAt: incidents.startedAt,
  analyzedAt: incidents.analyzedAt,
  resolvedAt: incidents.resolvedAt,
  alertFiredAt: incidents.alertFiredAt,
  createdAt: incidents.createdAt,
  updatedAt: incidents.updatedAt,
}

/** Alerts of an incident with why they are there, in order of receipt. */
export const alertsOfIncident = (tenant: TenantDb, incidentId: string, limit = 1000) =>
  tenant.join((db) =>
    db
      .select({
        id: alerts.id,
        sourceType: alerts.sourceType,
        title: alerts.title,
        service: alerts.service,
        severity: alerts.severity,
        state: alerts.state,
        authenticity: alerts.authenticity,
        strategy: incidentAlerts.correlationStrategy,
        score: incidentAlerts.correlationScore,
        details: incidentAlerts.correlationDetails,
        receivedAt: incidentAlerts.receivedAt,
      })
      .from(incidentAlerts)
      .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mine(alerts)))
      .where(and(tenant.mine(incidentAlerts), eq(incidentAlerts.incidentId, incidentId)))
      .orderBy(asc(incidentAlerts.receivedAt), asc(incidentAlerts.id))
      .limit(limit),
  )

const THOUGHTS = 2000

/** The newest thoughts, oldest first; only later ones than `after` when that thought exists. */
export const thoughtsOf = (db: TenantDb, incidentId: string, after: string | null, limit = THOUGHTS) => {
  const later =
    after === null
      ? undefined
      : sql`${incidentThoughts.seq} > coalesce((SELECT a.seq FROM incident_thoughts a WHERE a.id = ${after} AND a.incident_id = ${incidentId}), 0)`
  return db
    .pick(
      {
        id: incidentThoughts.id,
        seq: incidentThoughts.seq,
        timestamp: incidentThoughts.timestamp,
        content: incidentThoughts.content,
        type: incidentThoughts.thoughtType,
        createdAt: incidentThoughts.createdAt,
      },
      incidentThoughts,
      and(eq(incidentThoughts.incidentId, incidentId), later),
    )
    .orderBy(desc(incidentThoughts.seq))
    .limit(limit)
}

export const suggestionsOf = (db: TenantDb, incidentId: string, limit = 500) =>
  db
    .select(
      incidentSuggestions,
      and(eq(incidentSuggestions.incidentId, incidentId), eq(incidentSuggestions.shown, true)),
    )
    .orderBy(asc(incidentSuggestions.createdAt), asc(incidentSuggestions.ordinal))
    .limit(limit)

/** What the published summary cites, in numeric order. */
export const citationsOf = (db: TenantDb, incidentId: string, limit = 500) =>
  db
    .pick(
      {
        id: evidence.id,
        number: evidence.number,
        tool: evidence.tool,
        command: evidence.command,
        output: evidence.output,
        executedAt: evidence.executedAt,
        createdAt: sql<number>`${evidence.citedAt}`.as('cited'),
      },
      evidence,
      and(eq(evidence.incidentId, incidentId), sql`${evidence.citedAt} IS NOT NULL`),
    )
    .orderBy(asc(evidence.number))
    .limit(limit)

/** The caller's own threads about an incident, without the investigation's. */
export const threadsOf = (db: TenantDb, incidentId: string, userId: string, limit = 50) =>
  db
    .select(
      chatSessions,
      and(
        eq(chatSessions.incidentId, incidentId),
        eq(chatSessions.userId, userId),
        eq(chatSessions.isActive, true),
        ne(chatSessions.status, 'cancelled'),
      ),
    )
    .orderBy(asc(chatSessions.createdAt))
    .limit(limit)

/** The newest 200 messages of each of those threads. */
export const threadMessagesOf = (db: TenantDb, incidentId: string, userId: string, limit = 10_000) =>
  db
    .select(
      chatMessages,
      and(
        sql`${chatMessages.sessionId} IN (SELECT id FROM chat_sessions WHERE incident_id = ${incidentId} AND user_id = ${userId} AND is_active = 1 AND status <> 'cancelled' ORDER BY created_at LIMIT 50)`,
        sql`${chatMessages.messageNumber} > (SELECT s.message_count - 200 FROM chat_sessions s WHERE s.id = ${chatMessages.sessionId})`,
      ),
    )
    .orderBy(asc(chatMessages.sessionId), asc(chatMessages.messageNumber))
    .limit(limit)

/** The payload that brought the incident's first alert. */
export const rawPayloadOf = (db: TenantDb, incidentId: string, limit = 1) =>
  db
    .pick(
      { body: ingestBodies.body },
      ingestBodies,
      sql`${ingestBodies.deliveryId} = (SELECT a.delivery_id FROM alerts a JOIN incidents i ON i.primary_alert_id = a.id WHERE i.id = ${incidentId} AND i.org_id = ${db.orgId})`,
    )
    .limit(limit)

/** The newest investigation that was not skipped before it began. */
export const newestInvestigation = (db: TenantDb, incidentId: string) =>
  db
    .select(
      runs,
      and(
        eq(runs.incidentId, incidentId),
        eq(runs.kind, 'investigation'),
        or(ne(runs.state, 'cancelled'), sql`${runs.startedAt} IS NOT NULL`),
      ),
    )
    .orderBy(desc(runs.ordinal))
    .limit(1)

/** The whole row, for a change. */
export const wholeIncident = (db: TenantDb, id: string) => db.select(incidents, eq(incidents.id, id)).limit(1)

/** Writes changes onto the row that was read: nothing happens when somebody else changed it since. */
export const changeIncident = (
  db: TenantDb,
  read: Pick<IncidentRow, 'id' | 'version'>,
  changes: Partial<Omit<IncidentRow, 'id' | 'orgId' | 'version'>>,
) =>
  db.update(
    incidents,
    { ...changes, version: read.version + 1 },
    and(eq(incidents.id, read.id), eq(incidents.version, read.version)),
  )

/** A run is at work: overrides what a person set by hand. Not a new version, since nobody else writes this column. */
export const markRunning = (db: TenantDb, id: string) =>
  db.update(
    incidents,
    { auroraStatus: 'running' },
    and(eq(incidents.id, id), ne(incidents.auroraStatus, 'running'), ne(incidents.status, 'merged')),
  )

/**
 * A run succeeded: its summary replaces older ones, an `investigating` incident becomes `analyzed`, a severity is filled in
 * where nobody gave one. A merged incident is not touched; one that was resolved meanwhile stays resolved.
 */
export const publishAnalysis = (
  db: TenantDb,
  id: string,
  result: { readonly summary: string; readonly severity: IncidentRow['severity'] },
  now: number,
) =>
  db.update(
    incidents,
    {
      runSummary: result.summary,
      manualSummary: null,
      auroraStatus: 'complete',
      severity: sql`CASE WHEN ${incidents.severity} = 'unknown' THEN ${result.severity} ELSE ${incidents.severity} END`,
      analyzedAt: sql`coalesce(${incidents.analyzedAt}, CASE WHEN ${incidents.status} = 'investigating' THEN CAST(${now} AS INTEGER) END)`,
      status: sql`CASE WHEN ${incidents.status} = 'investigating' THEN 'analyzed' ELSE ${incidents.status} END`,
      updatedAt: now,
      version: sql`${incidents.version} + 1`,
    },
    and(eq(incidents.id, id), ne(incidents.status, 'merged')),
  )

/** Rolls the batch back when the incident was merged meanwhile: then nothing is published. */
export const ensureNotMerged = (db: TenantDb, id: string) =>
  db.ensure(
    sql`NOT EXISTS (SELECT 1 FROM ${incidents} WHERE ${incidents.id} = ${id} AND ${incidents.status} = 'merged' AND ${db.mine(incidents)})`,
  )

/** A run failed: what is shown says so, the status stays. */
export const markAnalysisFailed = (db: TenantDb, id: string, now: number) =>
  db.update(
    incidents,
    { auroraStatus: 'error', updatedAt: now },
    and(eq(incidents.id, id), ne(incidents.status, 'merged')),
  )

/** One short row when there is such an incident. */
export const incidentExists = (db: TenantDb, id: string) =>
  db
    .pick(
      { id: incidents.id, correlatedAlertCount: incidents.correlatedAlertCount },
      incidents,
      eq(incidents.id, id),
    )
    .limit(1)

/** Incidents under investigation that came since then, newest first. */
export const recentIncidents = (
  db: TenantDb,
  of: { readonly since: number; readonly exclude: string | null; readonly limit: number },
) =>
  db
    .pick(
      {
        id: incidents.id,
        alertTitle: incidents.alertTitle,
        alertService: incidents.alertService,
        severity: incidents.severity,
        sourceType: incidents.sourceType,
        status: incidents.status,
        auroraStatus: incidents.auroraStatus,
        createdAt: incidents.createdAt,
      },
      incidents,
      and(
        // Written out, so that SQLite sees that the index of fresh incidents covers it.
        sql`${incidents.status} = 'investigating'`,
        sql`${incidents.createdAt} >= ${of.since}`,
        of.exclude === null ? undefined : ne(incidents.id, of.exclude),
      ),
    )
    .orderBy(desc(incidents.createdAt), desc(incidents.id))
    .limit(of.limit)
