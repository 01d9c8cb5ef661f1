/** Maintenance windows: what they hide while they are open, and what follows when they end. */
import { conditions, matchesAll, type Condition, type Matchable } from '../../alerts/rules'
import { settingsFor } from '../../alerts/settings'
import { findSource } from '../../alerts'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import type { WindowRow } from '../../store/maintenance-windows'
import { incidentChanged } from '../announcements'
import type { AlertSettings } from './chunk'
import { addLifecycle } from './lifecycle-row'
import { queueRun } from './queue-run'
import { changeIncident, type World } from './world'

export interface OpenWindow {
  readonly id: string
  readonly match: readonly Condition[]
}

/** One whose stored conditions cannot be read hides nothing. */
export function windowOf({ id, match }: Pick<WindowRow, 'id' | 'match'>): OpenWindow | null {
  const parsed = conditions.safeParse(match)
  return parsed.success && parsed.data.length > 0 ? { id, match: parsed.data } : null
}

/** The first open window that all of these alerts match. */
export const windowOver = (windows: readonly OpenWindow[], alerts: readonly Matchable[]): OpenWindow | null =>
  alerts.length === 0
    ? null
    : (windows.find(({ match }) => alerts.every((alert) => matchesAll(match, alert))) ?? null)

/** Notes which windows a firing alert belongs to: those that wait for quiet go on waiting. */
export function noteFiring(
  world: World,
  writes: CorrelationWrites,
  alert: Matchable,
  receivedAt: number,
): void {
  for (const { id, match } of world.windows)
    if (matchesAll(match, alert))
      writes.windowMatches.set(id, Math.max(writes.windowMatches.get(id) ?? 0, receivedAt))
}

/** Hides an incident: nobody investigates it and nobody is told, everything else goes on. */
export function suppress(
  world: World,
  writes: CorrelationWrites,
  incident: IncidentRow,
  windowId: string,
): void {
  const hidden: IncidentRow = { ...incident, suppressedBy: windowId, updatedAt: world.now }
  changeIncident(world, writes, hidden)
  recordSuppression(world, writes, incident.id, windowId)
  writes.feed.push(...incidentChanged(hidden, 'updated', world.now))
}

/** The records of an incident that is hidden from now on. */
export function recordSuppression(
  world: World,
  writes: CorrelationWrites,
  incidentId: string,
  windowId: string,
): void {
  writes.suppressions.push({ id: world.newId(), windowId, incidentId, at: world.now })
  addLifecycle(world, writes, incidentId, 'suppressed', { windowId })
}

/** Shows an incident again; what is still open is investigated now. */
export function release(
  world: World,
  writes: CorrelationWrites,
  incident: IncidentRow,
  settings: AlertSettings | null,
): void {
  const isOpen = incident.openAlertCount > 0 && incident.status !== 'resolved' && incident.status !== 'merged'
  const free: IncidentRow = { ...incident, suppressedBy: null, updatedAt: world.now }
  changeIncident(world, writes, free)
  writes.releases.push({ incidentId: incident.id, outcome: isOpen ? 'released' : 'resolved' })
  if (!isOpen) return
  addLifecycle(world, writes, incident.id, 'released', { windowId: incident.suppressedBy })
  writes.feed.push(...incidentChanged(free, 'updated', world.now))
  if (settings !== null)
    queueRun(world, writes, { incident: free, trigger: 'released', service: null, settings })
}

/** The settings of whoever sent an alert. */
export function senderSettings(
  { source }: Pick<AlertRow, 'source'>,
  stored: Readonly<Record<string, unknown>> | null,
): AlertSettings | null {
  const found = findSource(source)
  return found === null ? null : settingsFor(found, stored ?? {})
}
