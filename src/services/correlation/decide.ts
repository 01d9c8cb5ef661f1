/** What each alert of a chunk does: pure but for the world and the list of writes that it fills. */
import { correlate } from '../../alerts/correlate'
import { followAlert, type IncidentStep } from '../../alerts/incident-lifecycle'
import { transition, type Effect, type Transition } from '../../alerts/lifecycle'
import { SECOND } from '../../lib/time'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { alertJoined, incidentChanged } from '../announcements'
import type { IncomingAlert } from './chunk'
import { openIncident } from './open-incident'
import { queueRun } from './queue-run'
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
  const row = changed && withQuietEnd(changed, incoming)
  if (row !== null && step.opensNew) placeAlert(world, writes, incoming, row)
  else if (row !== null && known !== null) followKnown(world, writes, incoming, { known, row, step })
  writes.events.push({
    id: world.newId(),
    alertId: row?.id ?? null,
    deliveryId: incoming.deliveryId,
    idx: incoming.idx,
    effect: step.effect,
    eventTime: event.eventTime,
    at: world.now,
  })
}

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
  const candidates = [...world.incidents.values()].filter(isCandidate).map(asCandidate)
  const decision = correlate(incoming.alert, candidates, world.graph, world.settings)
  const target = decision.outcome === 'joined' ? world.incidents.get(decision.match.incidentId) : undefined
  const placed = { ...alert, incidentId: target?.id ?? world.newId() }
  writes.newAlerts.push(placed)
  world.alerts.set(identityKey(placed.integrationId, placed.dedupKey), placed)
  writes.decisions.push({
    id: world.newId(),
    alertId: placed.id,
    incidentId: placed.incidentId,
    at: world.now,
    level: 3,
    outcome: decision.outcome,
    strategy: decision.outcome === 'joined' ? decision.match.strategy : 'primary',
    score: decision.match?.score ?? 1,
    reason: decision.reason,
    threshold: world.settings.threshold,
    windowSeconds: world.settings.windowSeconds,
    settingsVersion: world.settingsVersion,
    topologyVersion: world.topologyVersion,
    candidates: decision.candidates.map((line) => ({ ...line })),
  })
  if (target === undefined || decision.outcome !== 'joined') {
    openIncident(world, writes, incoming, placed)
    return
  }
  writes.memberships.push({
    id: world.newId(),
    incidentId: target.id,
    originIncidentId: target.id,
    alertId: placed.id,
    correlationStrategy: decision.match.strategy,
    correlationScore: decision.match.score,
    correlationDetails: { ...decision.match.details },
    receivedAt: incoming.receivedAt,
  })
  const joined: IncidentRow = {
    ...target,
    correlatedAlertCount: target.correlatedAlertCount + 1,
    affectedServices: withService(target.affectedServices, placed.service),
    alertEnvironment: target.alertEnvironment ?? placed.environment,
  }
  writes.feed.push(...alertJoined(target.id, placed, decision.match.score, world.now))
  addLifecycle(world, writes, target.id, 'alert_correlated', {
    alertId: placed.id,
    score: decision.match.score,
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
  tellRun(world, writes, { incidentId: target.id, kind: 'joined', alert: placed })
}

/** An event of a known alert: the row changes, and its incident follows. */
function followKnown(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  { known, row, step }: { readonly known: AlertRow; readonly row: AlertRow; readonly step: Transition },
): void {
  if (Object.keys(step.changes).length > 0) changeAlert(world, writes, row)
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

const TOLD: ReadonlySet<Effect> = new Set(['escalated', 'resolved', 'reopened', 'expired', 'auto_resolved'])

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
  writes.feed.push(...announced(changed, step, world.now))
  if (trigger !== null && incoming !== null)
    queueRun(world, writes, { incident: changed, trigger, service: row.service, settings: incoming.settings })
}

function announced(incident: IncidentRow, step: IncidentStep, now: number) {
  if (step.changes.status !== undefined) return incidentChanged(incident, 'status_changed', now)
  if (step.lifecycle.includes('alert_resolved')) return incidentChanged(incident, 'alert_resolved', now)
  return step.lifecycle.length > 0 ? incidentChanged(incident, 'updated', now) : []
}

export function addLifecycle(
  world: World,
  writes: CorrelationWrites,
  incidentId: string,
  event: string,
  details: Readonly<Record<string, unknown>>,
): void {
  writes.lifecycle.push({ id: world.newId(), incidentId, actor: 'system', event, details, at: world.now })
}

const isCandidate = (incident: IncidentRow): boolean =>
  (incident.status === 'investigating' || incident.status === 'analyzed') && incident.openAlertCount > 0

const asCandidate = (incident: IncidentRow) => ({
  incidentId: incident.id,
  title: incident.alertTitle,
  affectedServices: incident.affectedServices,
  environment: incident.alertEnvironment,
  lastAlertAt: incident.lastAlertAt,
  correlatedAlertCount: incident.correlatedAlertCount,
  windowSeconds: null,
})

const MAX_SERVICES = 100

/** No nulls, no duplicates. */
const withService = (services: readonly string[], service: string | null): readonly string[] =>
  service === null || services.includes(service) || services.length >= MAX_SERVICES
    ? services
    : [...services, service]
