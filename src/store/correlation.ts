/** The correlator's reads and its one write. */
import { and, eq, getTableColumns, lte, sql, type SQLWrapper } from 'drizzle-orm'
import {
  alertEvents,
  alerts,
  changeEvents,
  chatSessions,
  correlationDecisions,
  incidentAlerts,
  incidentGroupKeys,
  incidents,
  ingestDeliveries,
  lifecycleEvents,
  organizationSettings,
  outbox,
  runContextUpdates,
  runs,
  serviceEdges,
  suppressedIncidents,
} from '../../drizzle/schema'
import { MINUTE } from '../lib/time'
import { audit } from './audit'
import { activateRuns } from './chat-sessions'
import type { AlertRow, CorrelationWrites, IncidentRow } from './correlation-rows'
import type { Statement } from './db'
import { announce } from './feed'
import { endSuppression, markTended, noteMatches, openWindows } from './maintenance-windows'
import { queuePostmortem } from './postmortems'
import { linkToTools } from './source-links'
import type { TenantDb } from './tenant-db'

interface Identity {
  readonly integrationId: string
  readonly dedupKey: string
}

/** The effect key: a delivery and the place of an item inside it. */
export interface EffectKey {
  readonly deliveryId: string
  readonly idx: number
}

interface Surroundings {
  readonly effects: readonly EffectKey[]
  readonly identities: readonly Identity[]
  /** Incidents whose last alert lies in this span are candidates. */
  readonly from: number
  readonly to: number
  /** Group keys of rules: incidents that have one are read, too. */
  readonly now: number
  /** Incidents that are read in any case. */
  readonly incidents?: readonly string[]
  readonly groups?: readonly { readonly ruleId: string; readonly key: string }[]
}

/** Candidates read for a chunk; the arithmetic looks at the 50 newest of them. */
const CANDIDATES = 100
/** Incidents read for a group key. */
const GROUPED = 20

/** Everything a decision about these alerts needs, in one round trip. */
export async function readSurroundings(db: TenantDb, of: Surroundings) {
  const keys = JSON.stringify(
    of.identities.map(({ integrationId, dedupKey }) => ({ i: integrationId, k: dedupKey })),
  )
  const newest = sql`SELECT (SELECT a.id FROM alerts a WHERE a.integration_id = key.value ->> '$.i' AND a.dedup_key = key.value ->> '$.k' ORDER BY a.created_at DESC, a.id DESC LIMIT 1) FROM json_each(${keys}) AS key`
  const owners = sql`SELECT o.incident_id FROM alerts o WHERE o.id IN (${newest})`
  const candidates = sql`SELECT c.id FROM incidents c WHERE c.org_id = ${db.orgId} AND c.status IN ('investigating', 'analyzed') AND c.open_alert_count > 0 AND c.last_alert_at BETWEEN ${of.from} AND ${of.to} ORDER BY c.last_alert_at DESC LIMIT ${CANDIDATES}`
  const groups = JSON.stringify((of.groups ?? []).map(({ ruleId, key }) => ({ r: ruleId, k: key })))
  // Of each key the newest incidents: an older one that is still open would have been joined by them.
  const grouped = sql`SELECT k.rule_id, k.group_key, k.incident_id FROM json_each(${groups}) AS asked JOIN incident_group_keys k
    ON k.rule_id = asked.value ->> '$.r' AND k.group_key = asked.value ->> '$.k' AND k.org_id = ${db.orgId}
    WHERE k.incident_id IN (SELECT n.incident_id FROM incident_group_keys n WHERE n.rule_id = k.rule_id AND n.group_key = k.group_key ORDER BY n.incident_id DESC LIMIT ${GROUPED})`
  const involved = (column: SQLWrapper) =>
    sql`${column} IN (${owners} UNION SELECT id FROM (${candidates}) UNION SELECT incident_id FROM (${grouped}) UNION SELECT value FROM json_each(${JSON.stringify(of.incidents ?? [])}))`
  const effects = JSON.stringify(of.effects.map(({ deliveryId, idx }) => ({ d: deliveryId, i: idx })))
  const [settings, applied, known, around, groupKeys, windows, fresh, investigations] = await db.batch([
    db.select(organizationSettings).limit(1),
    db.all<EffectKey>(
      sql`SELECT e.delivery_id AS deliveryId, e.idx FROM json_each(${effects}) AS k
          JOIN alert_events e ON e.delivery_id = k.value ->> '$.d' AND e.idx = k.value ->> '$.i' WHERE +e.org_id = ${db.orgId}
        UNION ALL SELECT d.id, c.value ->> '$[0]' FROM (SELECT DISTINCT value ->> '$.d' AS id FROM json_each(${effects})) AS k
          CROSS JOIN ingest_deliveries d ON d.id = k.id AND d.counted IS NOT NULL, json_each(d.counted) AS c WHERE +d.org_id = ${db.orgId}`,
    ),
    db.join((query) =>
      query
        .select()
        .from(alerts)
        .where(and(sql`${alerts.id} IN (${newest})`, db.mineById(alerts))),
    ),
    db.pick(
      {
        ...getTableColumns(incidents),
        // Named in full: among chosen columns Drizzle leaves a table's name away, and the subquery has its own `id`.
        contextSeq: sql<
          number | null
        >`(SELECT max(u.seq) FROM run_context_updates u WHERE u.incident_id = incidents.id)`.as(
          'context_seq',
        ),
      },
      incidents,
      involved(incidents.id),
    ),
    db.all<{ readonly ruleId: string; readonly key: string; readonly incidentId: string }>(
      sql`SELECT rule_id AS ruleId, group_key AS key, incident_id AS incidentId FROM (${grouped})`,
    ),
    openWindows(db, of.now),
    db.all<{ readonly n: number }>(
      sql`SELECT count(*) AS n FROM (SELECT 1 FROM incidents WHERE org_id = ${db.orgId} AND created_at > ${of.now - 5 * MINUTE} AND status = 'investigating' LIMIT 100)`,
    ),
    db
      .pick(
        {
          id: runs.id,
          incidentId: sql<string>`${runs.incidentId}`,
          ordinal: runs.ordinal,
          state: runs.state,
          trigger: runs.trigger,
          services: runs.services,
          createdAt: runs.createdAt,
          startedAt: runs.startedAt,
          endedAt: runs.endedAt,
        },
        runs,
        and(eq(runs.kind, 'investigation'), involved(runs.incidentId)),
      )
      .orderBy(sql`${runs.ordinal} DESC`),
  ])
  return {
    settings: settings[0] ?? null,
    applied,
    known,
    around,
    groupKeys,
    windows,
    freshIncidents: fresh[0]?.n ?? 0,
    investigations,
  }
}

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

/** Largest topology that is kept; more edges are refused when they are put. */
export const MAX_EDGES = 5000

export const readEdges = (db: TenantDb) =>
  db.pick({ from: serviceEdges.fromService, to: serviceEdges.toService }, serviceEdges).limit(MAX_EDGES)

const ALERT_COLUMNS = [
  'incidentId',
  'state',
  'severity',
  'severityRaw',
  'title',
  'description',
  'service',
  'environment',
  'host',
  'lastSeenAt',
  'lastTransitionAt',
  'acknowledgedAt',
  'resolvedAt',
  'expiresAt',
  'occurrences',
  'flaps',
  'repeatPace',
  'sourceUrl',
  'dashboardUrl',
  'runbookUrl',
  'labels',
  'metadata',
  'updatedAt',
] as const satisfies readonly (keyof AlertRow)[]

const INCIDENT_COLUMNS = [
  'status',
  'severity',
  'alertEnvironment',
  'correlatedAlertCount',
  'openAlertCount',
  'affectedServices',
  'lastAlertAt',
  'ownWindowSeconds',
  'suppressedBy',
  'joinPace',
  'joinsDueAt',
  'acknowledgedAt',
  'analyzedAt',
  'resolvedAt',
  'updatedAt',
  'version',
] as const satisfies readonly (keyof IncidentRow)[]

/**
 * Writes a chunk's decisions as one batch.
 * @throws a guard failure when another writer changed one of the incidents since they were read, and a unique
 *   violation when another instance opened the same alert: read again and decide again.
 */
export async function writeDecisions(
  db: TenantDb,
  writes: CorrelationWrites,
  now: number,
  besides: readonly Statement[] = [],
): Promise<void> {
  const changed = [...writes.changedIncidents.values()]
  const guards = JSON.stringify(changed.map(({ row, readVersion }) => ({ id: row.id, version: readVersion })))
  const some = (rows: readonly unknown[], statement: () => Statement): Statement[] =>
    rows.length === 0 ? [] : [statement()]
  await db.commit([
    ...some(changed, () =>
      db.ensure(
        sql`(SELECT count(*) FROM json_each(${guards}) AS g JOIN ${incidents} ON ${incidents.id} = g.value ->> '$.id' AND ${incidents.version} = g.value ->> '$.version' WHERE ${db.mineById(incidents)}) = ${changed.length}`,
      ),
    ),
    ...some(writes.newIncidents, () => db.insertMany(incidents, writes.newIncidents)),
    ...linkToTools(db, writes.newIncidents),
    ...some(writes.sessions, () => db.insertMany(chatSessions, writes.sessions)),
    ...some(writes.newAlerts, () => db.insertMany(alerts, writes.newAlerts)),
    ...some(writes.memberships, () => db.insertMany(incidentAlerts, writes.memberships)),
    ...some([...writes.changedAlerts.values()], () =>
      db.updateMany(alerts, ALERT_COLUMNS, [...writes.changedAlerts.values()]),
    ),
    ...some(changed, () =>
      db.updateMany(
        incidents,
        INCIDENT_COLUMNS,
        changed.map(({ row }) => row),
      ),
    ),
    ...some(writes.events, () => db.insertMany(alertEvents, writes.events)),
    ...(['released', 'resolved'] as const).flatMap((outcome) => {
      const ids = writes.releases.filter((one) => one.outcome === outcome).map(({ incidentId }) => incidentId)
      return some(ids, () => endSuppression(db, ids, outcome, now))
    }),
    ...some(writes.suppressions, () => db.insertMany(suppressedIncidents, writes.suppressions, true)),
    ...some([...writes.windowMatches], () => noteMatches(db, writes.windowMatches)),
    ...markTended(db, writes.tended, now),
    ...(writes.stormUntil === null ? [] : beginStorm(db, writes.stormUntil, now)),
    ...some(writes.groupKeys, () => db.insertMany(incidentGroupKeys, writes.groupKeys, true)),
    ...some(writes.decisions, () => db.insertMany(correlationDecisions, writes.decisions)),
    ...some(writes.lifecycle, () => db.insertMany(lifecycleEvents, writes.lifecycle)),
    ...some(writes.runs, () => db.insertMany(runs, writes.runs)),
    ...some(writes.runs, () => activateRuns(db, writes.runs, now)),
    ...some(writes.outbox, () => db.insertMany(outbox, writes.outbox)),
    ...some(writes.contextUpdates, () => db.insertMany(runContextUpdates, writes.contextUpdates)),
    ...some(writes.changes, () => db.insertMany(changeEvents, writes.changes, true)),
    ...writes.postmortems.flatMap((job) =>
      queuePostmortem(db, job, { trigger: 'resolved', userId: null }, now),
    ),
    ...some(writes.feed, () => announce(db, writes.feed)),
    ...countRepeats(db, writes.counted),
    ...some(writes.finished, () => finishDeliveries(db, writes.finished, now)),
    ...besides,
  ])
}

/** So many incidents open that they are announced together for a while. */
const beginStorm = (db: TenantDb, stormUntil: number, now: number): Statement[] => [
  db
    .insert(organizationSettings, { stormUntil, correlation: {}, investigation: {} })
    .onConflictDoUpdate({ target: organizationSettings.orgId, set: { stormUntil } }),
  audit(db, { event: 'storm.begin', actor: 'system', subject: null, after: { until: stormUntil }, at: now }),
]

/**
 * Keeps the effect keys of counted repeats on their deliveries. Fails the batch when another instance counted one of them
 * meanwhile, so that they count once.
 */
function countRepeats(db: TenantDb, counted: CorrelationWrites['counted']): Statement[] {
  if (counted.length === 0) return []
  const byDelivery = [...Map.groupBy(counted, ({ deliveryId }) => deliveryId)]
  const rows = JSON.stringify(
    byDelivery.map(([id, items]) => ({ id, items: items.map((one) => [one.idx, one.alertId, one.id]) })),
  )
  const known = sql`EXISTS (SELECT 1 FROM json_each(d.counted) AS c JOIN json_each(j.value, '$.items') AS i ON i.value ->> '$[0]' = c.value ->> '$[0]')`
  return [
    db.run(
      sql`UPDATE ingest_deliveries AS d SET counted = (SELECT json_group_array(json(value)) FROM
          (SELECT value FROM json_each(coalesce(d.counted, '[]')) UNION ALL SELECT value FROM json_each(j.value, '$.items')))
        FROM json_each(${rows}) AS j WHERE d.id = j.value ->> '$.id' AND +d.org_id = ${db.orgId} AND NOT ${known}`,
    ),
    db.ensureChanged(byDelivery.length),
  ]
}

/** Marks deliveries as processed; what they did is counted from the effects that stand in the database. */
function finishDeliveries(db: TenantDb, finished: CorrelationWrites['finished'], now: number): Statement {
  const rows = JSON.stringify(
    finished.map(({ deliveryId, changes, errors }) => ({
      id: deliveryId,
      changes,
      errors: errors.length === 0 ? null : JSON.stringify(errors),
    })),
  )
  const { id, state, counted } = getTableColumns(ingestDeliveries)
  const effects = sql`(SELECT json_group_object(effect, n) FROM (SELECT effect, count(*) AS n FROM
    (SELECT effect FROM alert_events WHERE delivery_id = ${id} UNION ALL SELECT 'repeat' FROM json_each(coalesce(${counted}, '[]'))) GROUP BY effect))`
  return db.run(
    sql`UPDATE ${ingestDeliveries} SET state = 'processed', processed_at = ${now}, lease_until = NULL, last_error = NULL,
      outcome = json_set(${effects}, '$.changes', j.value ->> '$.changes'), errors = j.value ->> '$.errors',
      partial = (j.value ->> '$.errors') IS NOT NULL
      FROM json_each(${rows}) AS j WHERE ${id} = j.value ->> '$.id' AND ${db.mineById(ingestDeliveries)} AND ${state} = 'processing'`,
  )
}
