import { followAlert, type IncidentStep } from '../../alerts/incident-lifecycle'
import type { Effect } from '../../alerts/lifecycle'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { incidentChanged } from '../announcements'
import type { IncomingAlert } from './chunk'
import { addLifecycle } from './lifecycle-row'
import { queueRun } from './queue-run'
import type { Trigger } from './triggers'
import { changeIncident, type World } from './world'

interface Followed {
  readonly row: AlertRow
  readonly effect: Effect
  readonly openDelta: number
  readonly lastAlertAt: number | null
  readonly trigger: Trigger | null
}

/** What the alert's effect means for its incident: severity, status, times, lifecycle rows, events, perhaps a run. */
export function followIncident(
  world: World,
  writes: CorrelationWrites,
  /** Null when nobody sent it: then nothing is started. */
  incoming: Pick<IncomingAlert, 'settings'> | null,
  { row, effect, openDelta, lastAlertAt, trigger }: Followed,
): void {
  const incident = row.incidentId === null ? undefined : world.incidents.get(row.incidentId)
  if (incident === undefined) return
  const openAlertCount = Math.max(0, incident.openAlertCount + openDelta)
  const at = row.resolvedAt ?? row.lastTransitionAt
  const step = followAlert(incident, effect, {
    severity: row.severity,
    openAlerts: openAlertCount,
    autoResolveIncidents: world.settings.autoResolveIncidents,
    at,
  })
  const changed: IncidentRow = {
    ...incident,
    ...step.changes,
    openAlertCount,
    lastAlertAt: Math.max(incident.lastAlertAt, lastAlertAt ?? 0),
    updatedAt: world.now,
  }
  if (step.changes.status === 'resolved' && changed.analyzedAt === null)
    changed.analyzedAt = changed.resolvedAt
  changeIncident(world, writes, changed)
  for (const event of step.lifecycle) addLifecycle(world, writes, incident.id, event, { alertId: row.id })
  if (step.lifecycle.includes('resolved') && world.investigation.postmortem.auto)
    writes.postmortems.push({ incidentId: incident.id, runId: world.newId() })
  writes.feed.push(...announced(changed, step, world.now))
  if (trigger !== null && incoming !== null)
    queueRun(world, writes, { incident: changed, trigger, service: row.service, settings: incoming.settings })
}

function announced(incident: IncidentRow, step: IncidentStep, now: number) {
  if (step.changes.status !== undefined) return incidentChanged(incident, 'status_changed', now)
  if (step.lifecycle.includes('alert_resolved')) return incidentChanged(incident, 'alert_resolved', now)
  return step.lifecycle.length > 0 ? incidentChanged(incident, 'updated', now) : []
}
