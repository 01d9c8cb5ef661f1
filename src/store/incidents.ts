import { and, desc, eq, ne, or, sql } from 'drizzle-orm'
import { incidents, runs } from '../../drizzle/schema'
import type { IncidentRow } from './correlation-rows'
import type { TenantDb } from './tenant-db'

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

/** The title of the incident that one was merged into. Named in full: it stands beside a subquery of the same table. */
export const MERGED_INTO_TITLE = sql<
  string | null
>`(SELECT m.alert_title FROM incidents m WHERE m.id = incidents.merged_into_incident_id AND m.org_id = incidents.org_id)`.as(
  'merged_into_title',
)

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

/** Shows another tab to everybody. Not a new version: it is nothing that anybody decides by. */
export const showTab = (db: TenantDb, id: string, activeTab: IncidentRow['activeTab'], now: number) =>
  db.update(incidents, { activeTab, updatedAt: now }, eq(incidents.id, id))

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
