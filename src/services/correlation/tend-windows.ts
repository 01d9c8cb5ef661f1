/** Opens and closes maintenance windows: hides what was open before, and releases what is still open afterwards. */
import { SECOND } from '../../lib/time'
import {
  alertsIn,
  hiddenBy,
  openIncidents,
  windowsToTend,
  type WindowRow,
} from '../../store/maintenance-windows'
import type { TenantDb } from '../../store/tenant-db'
import { decideAndWrite, type Applied, type TopologyCache } from './apply'
import { release, senderSettings, suppress, windowOver } from './suppression'
import { noWrites } from './world'

/** Incidents looked at in one turn; the next sweep does the rest. */
const INCIDENTS = 200
const ALERTS = 5000

/** One turn for the windows whose start, end or change is due. */
export async function tendWindows(
  db: TenantDb,
  cache: TopologyCache,
  now: () => number,
): Promise<readonly Applied[]> {
  const applied: Applied[] = []
  for (const window of await windowsToTend(db, now())) applied.push(await tend(db, cache, window, now))
  return applied
}

/** A window ends at its time, when it is removed, or when nothing matching fired for as long as it says. */
function isOver(window: WindowRow, now: number): boolean {
  const { endsAt, deletedAt, endWhenQuietSeconds, startsAt, lastMatchAt } = window
  if (endsAt <= now || deletedAt !== null) return true
  return (
    endWhenQuietSeconds !== null && now - Math.max(startsAt, lastMatchAt ?? 0) >= endWhenQuietSeconds * SECOND
  )
}

async function tend(
  db: TenantDb,
  cache: TopologyCache,
  window: WindowRow,
  now: () => number,
): Promise<Applied> {
  const over = isOver(window, now())
  const [hidden, others] = await db.batch([hiddenBy(db, window.id, INCIDENTS), openIncidents(db, INCIDENTS)])
  const ids = [...hidden, ...(over ? [] : others)].map(({ id }) => id)
  const members = Map.groupBy(await alertsIn(db, ids, ALERTS), ({ incidentId }) => incidentId)
  const view = { effects: [], identities: [], times: [], alerts: [], incidents: ids }
  return decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites([])
    const open = over ? world.windows.filter(({ id }) => id !== window.id) : world.windows
    for (const id of ids) {
      const incident = world.incidents.get(id)
      const alerts = members.get(id) ?? []
      // One with more alerts than were read is taken for one with an alert that does not match.
      const complete = incident !== undefined && alerts.length > incident.correlatedAlertCount
      if (incident === undefined) continue
      const wanted = complete
        ? windowOver(
            open,
            alerts.map(({ alert }) => alert),
          )
        : null
      if (incident.suppressedBy === window.id && wanted?.id !== window.id) {
        const primary = alerts.find(({ alert }) => alert.id === incident.primaryAlertId) ?? alerts[0]
        const settings = primary === undefined ? null : senderSettings(primary.alert, primary.settings)
        if (wanted === null) release(world, writes, incident, settings)
        else suppress(world, writes, incident, wanted.id)
      } else if (incident.suppressedBy === null && wanted?.id === window.id) {
        suppress(world, writes, incident, window.id)
      }
    }
    // With more to release, the window is looked at again.
    if (hidden.length < INCIDENTS) writes.tended.push({ id: window.id, over })
    return writes
  })
}
