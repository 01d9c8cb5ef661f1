/** The correlator's reads and its one write. */
import { and, eq, getTableColumns, lte, sql, type SQLWrapper } from 'drizzle-orm'
import {
  alertEvents,
  alerts,
  changeEvents,
  chatSessions,
  correlationDecisions,
  incidentAlerts,
  incidents,
  ingestDeliveries,
  lifecycleEvents,
  organizationSettings,
  outbox,
  runContextUpdates,
  runs,
  serviceEdges,
} from '../../drizzle/schema'
import { activateRuns } from './chat-sessions'
import type { AlertRow, CorrelationWrites, IncidentRow } from './correlation-rows'
import type { Statement } from './db'
import { announce } from './feed'
import type { TenantDb } from './tenant-db'

export interface Identity {
  readonly integrationId: string
  readonly dedupKey: string
}

interface Surroundings {
  readonly deliveryIds: readonly string[]
  readonly identities: readonly Identity[]
  /** Incidents whose last alert lies in this span are candidates. */
  readonly from: number
  readonly to: number
}

/** Candidates read for a chunk; the arithmetic looks at the 50 newest of them. */
const CANDIDATES = 100

/** Everything a decision about these alerts needs, in one round trip. */
export async function readSurroundings(db: TenantDb, of: Surroundings) {
  const keys = JSON.stringify(
    of.identities.map(({ integrationId, dedupKey }) => ({ i: integrationId, k: dedupKey })),
  )
  const newest = sql`SELECT (SELECT a.id FROM alerts a WHERE a.integration_id = key.value ->> '$.i' AND a.dedup_key = key.value ->> '$.k' ORDER BY a.created_at DESC, a.id DESC LIMIT 1) FROM json_each(${keys}) AS key`
  const owners = sql`SELECT o.incident_id FROM alerts o WHERE o.id IN (${newest})`
  const candidates = sql`SELECT c.id FROM incidents c WHERE c.org_id = ${db.orgId} AND c.status IN ('investigating', 'analyzed') AND c.open_alert_count > 0 AND c.last_alert_at BETWEEN ${of.from} AND ${of.to} ORDER BY c.last_alert_at DESC LIMIT ${CANDIDATES}`
  const involved = (column: SQLWrapper) => sql`${column} IN (${owners} UNION SELECT id FROM (${candidates}))`
  const [settings, applied, known, around, investigations, contextSeqs] = await db.batch([
    db.select(organizationSettings).limit(1),
    db.pick(
      { deliveryId: alertEvents.deliveryId, idx: alertEvents.idx },
      alertEvents,
      sql`${alertEvents.deliveryId} IN (SELECT value FROM json_each(${JSON.stringify(of.deliveryIds)}))`,
    ),
    db.select(alerts, sql`${alerts.id} IN (${newest})`),
    db.select(incidents, involved(incidents.id)),
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
    db
      .pick(
        { incidentId: runContextUpdates.incidentId, seq: sql<number>`max(${runContextUpdates.seq})` },
        runContextUpdates,
        involved(runContextUpdates.incidentId),
      )
      .groupBy(runContextUpdates.incidentId),
  ])
  return { settings: settings[0] ?? null, applied, known, around, investigations, contextSeqs }
}

/** Open alerts whose time ran out, oldest first. */
export const expiredAlerts = (db: TenantDb, now: number, limit: number) =>
  db
    .pick(
      {
        id: alerts.id,
        integrationId: alerts.integrationId,
        dedupKey: alerts.dedupKey,
        expiresAt: alerts.expiresAt,
      },
      alerts,
      and(lte(alerts.expiresAt, now), sql`${alerts.expiresAt} IS NOT NULL AND ${alerts.state} <> 'resolved'`),
    )
    .orderBy(alerts.expiresAt)
    .limit(limit)

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
export async function writeDecisions(db: TenantDb, writes: CorrelationWrites, now: number): Promise<void> {
  const changed = [...writes.changedIncidents.values()]
  const guards = JSON.stringify(changed.map(({ row, readVersion }) => ({ id: row.id, version: readVersion })))
  const some = (rows: readonly unknown[], statement: () => Statement): Statement[] =>
    rows.length === 0 ? [] : [statement()]
  await db.commit([
    ...some(changed, () =>
      db.ensure(
        sql`(SELECT count(*) FROM json_each(${guards}) AS g JOIN ${incidents} ON ${incidents.id} = g.value ->> '$.id' AND ${incidents.version} = g.value ->> '$.version' WHERE ${db.mine(incidents)}) = ${changed.length}`,
      ),
    ),
    ...some(writes.newIncidents, () => db.insertMany(incidents, writes.newIncidents)),
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
    ...some(writes.decisions, () => db.insertMany(correlationDecisions, writes.decisions)),
    ...some(writes.lifecycle, () => db.insertMany(lifecycleEvents, writes.lifecycle)),
    ...some(writes.runs, () => db.insertMany(runs, writes.runs)),
    ...some(writes.runs, () => activateRuns(db, writes.runs, now)),
    ...some(writes.outbox, () => db.insertMany(outbox, writes.outbox)),
    ...some(writes.contextUpdates, () => db.insertMany(runContextUpdates, writes.contextUpdates)),
    ...some(writes.changes, () => db.insertMany(changeEvents, writes.changes, true)),
    ...some(writes.feed, () => announce(db, writes.feed)),
    ...some(writes.finished, () => finishDeliveries(db, writes.finished, now)),
  ])
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
  const { id, state } = getTableColumns(ingestDeliveries)
  const effects = sql`(SELECT json_group_object(effect, n) FROM (SELECT effect, count(*) AS n FROM alert_events WHERE delivery_id = ${id} GROUP BY effect))`
  return db.run(
    sql`UPDATE ${ingestDeliveries} SET state = 'processed', processed_at = ${now}, lease_until = NULL, last_error = NULL,
      outcome = json_set(${effects}, '$.changes', j.value ->> '$.changes'), errors = j.value ->> '$.errors',
      partial = (j.value ->> '$.errors') IS NOT NULL
      FROM json_each(${rows}) AS j WHERE ${id} = j.value ->> '$.id' AND ${db.mine(ingestDeliveries)} AND ${state} = 'processing'`,
  )
}
