/** The end of a burst: joins that were kept for later are told, so that nobody is left with an old number. */
import { joinsDueAt, tellDue } from '../../alerts/join-pace'
import { incidentsWithJoinsDue, lastJoinsOf } from '../../store/joins-due'
import type { CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import type { TenantDb } from '../../store/tenant-db'
import { alertJoined } from '../announcements'
import { decideAndWrite, type Applied, type TopologyCache } from './apply'
import { addLifecycle } from './lifecycle-row'
import { tellRun } from './tell-run'
import { changeIncident, noWrites, type World } from './world'

/** Incidents in one turn. */
const ROUND = 50

type Joins = Awaited<ReturnType<typeof lastJoinsOf>>

/** Tells what is due now; `joinsDueAt` of the answer says when to come again. */
export async function flushJoins(db: TenantDb, cache: TopologyCache, now: () => number): Promise<Applied> {
  const { due, next } = await incidentsWithJoinsDue(db, now(), ROUND)
  if (due.length === 0) return { looked: 0, runIds: [], told: false, joinsDueAt: next }
  const last = new Map((await lastJoinsOf(db, due)).map((join) => [join.incidentId, join]))
  const view = { effects: [], identities: [], times: [], alerts: [], incidents: due }
  const applied = await decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites([])
    for (const id of due) {
      const incident = world.incidents.get(id)
      if (incident !== undefined) tellJoins(world, writes, incident, last.get(id))
    }
    return writes
  })
  return { ...applied, joinsDueAt: earlier(applied.joinsDueAt, due.length === ROUND ? now() : next) }
}

function tellJoins(
  world: World,
  writes: CorrelationWrites,
  incident: IncidentRow,
  last: Joins[number] | undefined,
): void {
  // Told meanwhile, with a join that came after the burst.
  if (incident.joinPace === null || incident.joinsDueAt === null) return
  const { pace, stream, note } = tellDue(incident.joinPace, world.now)
  changeIncident(world, writes, { ...incident, joinPace: pace, joinsDueAt: joinsDueAt(pace) })
  // A merged incident has given its alerts away: there is nothing left to tell about it.
  if (last === undefined || incident.status === 'merged') return
  const { alert, score } = last
  if (stream > 0) writes.feed.push(...alertJoined(incident.id, alert, score, world.now, stream))
  if (note === 0) return
  addLifecycle(world, writes, incident.id, 'alert_correlated', { alertId: alert.id, score, count: note })
  tellRun(world, writes, { incidentId: incident.id, kind: 'joined', alert, count: note })
}

/** The earlier of two times, where there is one. */
const earlier = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)
