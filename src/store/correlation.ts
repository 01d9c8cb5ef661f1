/** The correlator's one write. */
import { sql } from 'drizzle-orm'
import {
  alertEvents,
  alerts,
  changeEvents,
  chatSessions,
  correlationDecisions,
  incidentAlerts,
  incidentGroupKeys,
  incidents,
  lifecycleEvents,
  organizationSettings,
  outbox,
  runContextUpdates,
  runs,
  suppressedIncidents,
} from '../../drizzle/schema'
import { audit } from './audit'
import { activateRuns } from './session-runs'
import { countRepeats, finishDeliveries } from './correlated-deliveries'
import type { AlertRow, CorrelationWrites, IncidentRow } from './correlation-rows'
import type { Statement } from './db'
import { announce } from './feed'
import { endSuppression, markTended, noteMatches } from './maintenance-windows'
import { queuePostmortem } from './postmortems'
import { linkToTools } from './source-links'
import type { TenantDb } from './tenant-db'

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
    ...some(writes.skippedRuns, () => db.insertMany(runs, writes.skippedRuns)),
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
