/** What each alert of a chunk does: pure but for the world and the list of writes that it fills. */
import { matchesAll } from '../../alerts/rules'
import { followAlert, type IncidentStep } from '../../alerts/incident-lifecycle'
import { joinsDueAt, paceJoin } from '../../alerts/join-pace'
import { transition, type Effect, type Transition } from '../../alerts/lifecycle'
import { paceRepeat, saysNothingNew } from '../../alerts/repeat-pace'
import { SECOND } from '../../lib/time'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { alertJoined, incidentChanged } from '../announcements'
import { keepKeys } from './by-rule'
import { grownBy } from './candidates'
import type { IncomingAlert } from './chunk'
import { openIncident } from './open-incident'
import { addLifecycle } from './lifecycle-row'
import { decisionRow, placementOf, type Placement } from './place'
import { queueRun } from './queue-run'
import { noteFiring, release } from './suppression'
import { tellRun } from './tell-run'
import type { Trigger } from './triggers'
import { changeAlert, changeIncident, effectKey, identityKey, type World } from './world'

/** Applies one alert; applying the same effect key again changes nothing. */
export function applyAlert(world: World, writes: CorrelationWrites, incoming: IncomingAlert): void {
  if (world.applied.has(effectKey(incoming.deliveryId, incoming.idx))) return
  const { alert: event, integrationId } = incoming
  const known = world.alerts.get(identityKey(integrationId, event.dedupKey)) ?? null
  const step = transition(known, event, incoming.settings, incoming.receivedAt)
  const changed = step.opensNew
    ? newAlert(world, incoming, step)
    : known && { ...known, ...step.changes, updatedAt: world.now }
  const repeat =
    known !== null && step.effect === 'repeat' && saysNothingNew(known, step.changes)
      ? paceRepeat(known.repeatPace, world.now)
      : null
  const row = changed && {
    ...withQuietEnd(changed, incoming),
    ...(repeat === null ? {} : { repeatPace: repeat.pace }),
  }
  if (row !== null && step.opensNew) placeAlert(world, writes, incoming, row)
  else if (row !== null && known !== null) followKnown(world, writes, incoming, { known, row, step })
  if (row !== null && FIRING.has(step.effect)) noteFiring(world, writes, row, incoming.receivedAt)
  const id = world.newId()
  if (row !== null && repeat?.isCounted === true && incoming.idx < MOST_COUNTED) {
    writes.counted.push({ deliveryId: incoming.deliveryId, idx: incoming.idx, alertId: row.id, id })
    return
  }
  writes.events.push({
    id,
    alertId: row?.id ?? null,
    deliveryId: incoming.deliveryId,
    idx: incoming.idx,
    effect: step.effect,
    eventTime: event.eventTime,
    at: world.now,
  })
}

/** A row of a delivery has room for so many counted items. */
const MOST_COUNTED = 1000

/** Where the sender tells no end, an alert that is not seen for long enough resolves by itself. */
function withQuietEnd(alert: AlertRow, { alert: event, settings }: IncomingAlert): AlertRow {
  if (event.expiresAt !== null || settings.autoResolveSeconds === null || alert.state === 'resolved')
    return alert
  return { ...alert, expiresAt: alert.lastSeenAt + settings.autoResolveSeconds * SECOND }
}

function newAlert(world: World, incoming: IncomingAlert, step: Transition): AlertRow {
  const { alert: event } = incoming
  return {
    id: world.newId(),
    orgId: world.orgId,
    integrationId: incoming.integrationId,
    incidentId: null,
    deliveryId: incoming.deliveryId,
    source: event.source,
    sourceType: event.sourceType,
    kind: event.kind,
    dedupKey: event.dedupKey,
    sourceAlertId: event.sourceAlertId,
    state: 'firing',
    severity: event.severity,
    severityRaw: event.severityRaw,
    title: event.title,
    description: event.description,
    service: event.service,
    environment: event.environment,
    host: event.host,
    startsAt: event.startsAt ?? event.eventTime,
    lastSeenAt: incoming.receivedAt,
    lastTransitionAt: event.eventTime,
    acknowledgedAt: null,
    resolvedAt: null,
    expiresAt: event.expiresAt,
    occurrences: 1,
    flaps: 0,
    repeatPace: null,
    authenticity: incoming.authenticity,
    sourceUrl: event.sourceUrl,
    dashboardUrl: event.dashboardUrl,
    runbookUrl: event.runbookUrl,
    labels: event.labels,
    metadata: event.metadata,
    createdAt: world.now,
    updatedAt: world.now,
    ...step.changes,
  }
}

/** A new alert joins the incident it fits best, or opens one. */
function placeAlert(world: World, writes: CorrelationWrites, incoming: IncomingAlert, alert: AlertRow): void {
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

/** An event of a known alert: the row changes, and its incident follows. */
function followKnown(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  { known, row, step }: { readonly known: AlertRow; readonly row: AlertRow; readonly step: Transition },
): void {
  if (Object.keys(step.changes).length > 0) changeAlert(world, writes, row)
  if (WITHOUT_CONSEQUENCE.has(step.effect)) return
  const wasOpen = known.state !== 'resolved'
  const isOpen = row.state !== 'resolved'
  followIncident(world, writes, incoming, {
    row,
    effect: step.effect,
    openDelta: Number(isOpen) - Number(wasOpen),
    lastAlertAt: step.lastAlertAt,
    trigger: step.effect === 'reopened' ? 'reopened' : step.severityRose ? 'escalated' : null,
  })
  if (row.incidentId !== null && TOLD.has(step.effect))
    tellRun(world, writes, { incidentId: row.incidentId, kind: step.effect, alert: row })
}

const FIRING: ReadonlySet<Effect> = new Set(['opened', 'repeat', 'escalated', 'reopened'])
const WITHOUT_CONSEQUENCE: ReadonlySet<Effect> = new Set(['stale', 'info', 'ignored'])
const TOLD: ReadonlySet<Effect> = new Set(['escalated', 'resolved', 'reopened'])

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
