import { joinsDueAt, paceJoin } from '../../alerts/join-pace'
import { matchesAll } from '../../alerts/rules'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { alertJoined } from '../announcements'
import { keepKeys } from './by-rule'
import { grownBy } from './candidates'
import type { IncomingAlert } from './chunk'
import { followIncident } from './follow-incident'
import { addLifecycle } from './lifecycle-row'
import { openIncident } from './open-incident'
import { decisionRow, placementOf, type Placement } from './place'
import { release } from './suppression'
import { tellRun } from './tell-run'
import { changeIncident, identityKey, type World } from './world'

/** A new alert joins the incident it fits best, or opens one. */
export function placeAlert(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  alert: AlertRow,
): void {
  const placement = placementOf(world, incoming.alert)
  const { target } = placement
  const placed = { ...alert, incidentId: target?.id ?? world.newId() }
  writes.newAlerts.push(placed)
  world.alerts.set(identityKey(placed.integrationId, placed.dedupKey), placed)
  writes.decisions.push(decisionRow(world, placed, incoming.alert, placement))
  keepKeys(world, writes, placed.incidentId, placement.rules)
  if (target === null) openIncident(world, writes, incoming, placed)
  else joinIncident(world, writes, incoming, { placed, target, placement })
}

function joinIncident(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  {
    placed,
    target,
    placement,
  }: { readonly placed: AlertRow; readonly target: IncidentRow; readonly placement: Placement<IncidentRow> },
): void {
  writes.memberships.push({
    id: world.newId(),
    incidentId: target.id,
    originIncidentId: target.id,
    alertId: placed.id,
    correlationStrategy: placement.strategy,
    correlationScore: placement.score,
    correlationDetails: placement.details,
    receivedAt: incoming.receivedAt,
  })
  const { pace, stream, note } = paceJoin(target.joinPace, world.now)
  const joined: IncidentRow = {
    ...target,
    ...grownBy(target, placed, placement.windowSeconds),
    joinPace: pace,
    joinsDueAt: joinsDueAt(pace),
  }
  if (stream > 0) writes.feed.push(...alertJoined(target.id, placed, placement.score, world.now, stream))
  if (note > 0)
    addLifecycle(world, writes, target.id, 'alert_correlated', {
      alertId: placed.id,
      score: placement.score,
      ...(note > 1 ? { count: note } : {}),
    })
  changeIncident(world, writes, joined)
  const newService = placed.service !== null && !target.affectedServices.includes(placed.service)
  followIncident(world, writes, incoming, {
    row: placed,
    effect: 'opened',
    openDelta: 1,
    lastAlertAt: placed.lastTransitionAt,
    trigger: newService ? 'joined' : null,
  })
  if (note > 0) tellRun(world, writes, { incidentId: target.id, kind: 'joined', alert: placed, count: note })
  showAgain(world, writes, incoming, placed)
}

/** An incident with an alert that its maintenance window does not cover is not hidden. */
function showAgain(world: World, writes: CorrelationWrites, incoming: IncomingAlert, alert: AlertRow): void {
  const incident = world.incidents.get(alert.incidentId ?? '')
  if (incident === undefined || incident.suppressedBy === null) return
  const window = world.windows.find(({ id }) => id === incident.suppressedBy)
  // One that is no longer open is ended by the sweep.
  if (window !== undefined && !matchesAll(window.match, alert))
    release(world, writes, incident, incoming.settings)
}
