import { sql } from 'drizzle-orm'
import {
  foreignKey,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time, updatedAt } from './columns'
import { organizations } from './organizations'
import { ACTIVE_TABS, AURORA_STATUSES, INCIDENT_STATUSES, SEVERITIES } from './values'

/** Joins of the current minute (its number since the epoch), and those that streams and records have not heard of; ms. */
export interface JoinPace {
  readonly minute: number
  readonly joins: number
  readonly streamAt: number
  readonly unstreamed: number
  readonly notedAt: number
  readonly unnoted: number
}

export const incidents = sqliteTable(
  'incidents',
  {
    id: id(),
    orgId: orgId().references(() => organizations.id),
    sourceType: text().notNull(),
    sourceAlertId: text().notNull(),
    status: text({ enum: INCIDENT_STATUSES }).notNull().default('investigating'),
    severity: text({ enum: SEVERITIES }).notNull(),
    /** The primary alert's, as the lists show it. */
    alertTitle: text().notNull(),
    alertService: text(),
    alertEnvironment: text(),
    alertMetadata: json<Readonly<Record<string, unknown>>>().notNull(),
    sourceUrl: text().notNull().default(''),
    primaryAlertId: text().notNull(),
    auroraStatus: text({ enum: AURORA_STATUSES }).notNull().default('idle'),
    activeTab: text({ enum: ACTIVE_TABS }).notNull().default('thoughts'),
    /** Shown: the manual text (cleared when a later run finishes), else the run's, else the one made at opening. */
    alertSummary: text().notNull().default(''),
    runSummary: text(),
    manualSummary: text(),
    chatSessionId: text().notNull(),
    correlatedAlertCount: integer().notNull().default(0),
    openAlertCount: integer().notNull().default(0),
    affectedServices: json<readonly string[]>().notNull(),
    mergedIntoIncidentId: text(),
    preMergeState: json<Readonly<Record<string, unknown>>>(),
    startedAt: integer().notNull(),
    alertFiredAt: time(),
    /** Newest event time of an opening, reopening or escalation, or receipt of a repeat: what correlation measures gaps from. */
    lastAlertAt: integer().notNull(),
    /** Seconds; the incident's own correlation window, once joins have enlarged it. */
    ownWindowSeconds: integer(),
    /** The maintenance window that keeps it quiet. */
    suppressedBy: text(),
    /** How many alerts joined lately and what of that was told; see the storm guard. */
    joinPace: json<JoinPace>(),
    /** When joins that were not told yet are to be told, ms. */
    joinsDueAt: time(),
    acknowledgedAt: time(),
    analyzedAt: time(),
    resolvedAt: time(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    version: integer().notNull().default(1),
  },
  (t) => [
    uniqueIndex('incidents_tenant').on(t.orgId, t.id),
    index('incidents_list')
      .on(t.orgId, t.startedAt, t.id)
      .where(sql`status <> 'merged'`),
    index('incidents_status').on(t.orgId, t.status, t.startedAt, t.id),
    index('incidents_candidates')
      .on(t.orgId, t.lastAlertAt)
      .where(sql`status IN ('investigating', 'analyzed') AND open_alert_count > 0`),
    index('incidents_service').on(t.orgId, t.alertService, t.startedAt),
    index('incidents_list_severity')
      .on(t.orgId, t.severity, t.startedAt, t.id)
      .where(sql`status <> 'merged'`),
    index('incidents_list_service')
      .on(t.orgId, t.alertService, t.startedAt, t.id)
      .where(sql`status <> 'merged'`),
    index('incidents_list_source')
      .on(t.orgId, t.sourceType, t.startedAt, t.id)
      .where(sql`status <> 'merged'`),
    index('incidents_suppressed')
      .on(t.suppressedBy)
      .where(sql`suppressed_by IS NOT NULL`),
    index('incidents_joins_due')
      .on(t.joinsDueAt)
      .where(sql`joins_due_at IS NOT NULL`),
    index('incidents_fresh')
      .on(t.orgId, t.createdAt)
      .where(sql`status = 'investigating'`),
  ],
)

/** How many incidents an organisation has in each status. Kept by triggers, so that a list can tell its total in one row. */
export const incidentCounts = sqliteTable('incident_counts', {
  orgId: text()
    .primaryKey()
    .references(() => organizations.id),
  investigating: integer().notNull().default(0),
  analyzed: integer().notNull().default(0),
  merged: integer().notNull().default(0),
  resolved: integer().notNull().default(0),
})

/**
 * How many incidents that are not merged an organisation has of each severity, service and source. Kept by triggers, so that
 * a list with one filter can tell its total in one row, too.
 */
export const incidentTallies = sqliteTable(
  'incident_tallies',
  {
    orgId: orgId(),
    kind: text({ enum: ['severity', 'service', 'source'] }).notNull(),
    value: text().notNull(),
    n: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.orgId, t.kind, t.value] })],
)

export const incidentThoughts = sqliteTable(
  'incident_thoughts',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    runId: text().notNull(),
    seq: integer().notNull(),
    step: text().notNull(),
    iteration: integer().notNull(),
    ordinal: integer().notNull(),
    timestamp: integer().notNull(),
    content: text().notNull(),
    thoughtType: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('thoughts_seq').on(t.incidentId, t.seq),
    uniqueIndex('thoughts_once').on(t.runId, t.step, t.iteration, t.ordinal),
  ],
)

export const incidentSuggestions = sqliteTable(
  'incident_suggestions',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    runId: text(),
    ordinal: integer().notNull(),
    title: text().notNull(),
    description: text().notNull(),
    type: text().notNull(),
    risk: text().notNull(),
    command: text(),
    rationale: text(),
    undo: text(),
    summary: text(),
    evidence: json<readonly number[]>().notNull(),
    origin: text().notNull(),
    filePath: text(),
    originalContent: text(),
    suggestedContent: text(),
    userEditedContent: text(),
    repository: text(),
    baseCommit: text(),
    prUrl: text(),
    prNumber: integer(),
    createdBranch: text(),
    applyClaimedAt: time(),
    appliedAt: time(),
    executedAt: time(),
    executionSessionId: text(),
    executionStatus: text(),
    /** Cleared when a newer set replaces this one, unless it is a fix or was used. */
    shown: integer({ mode: 'boolean' }).notNull().default(true),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('suggestions_once').on(t.runId, t.ordinal),
    index('suggestions_incident').on(t.incidentId, t.createdAt),
  ],
)
