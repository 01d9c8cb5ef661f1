import { DAY } from '../../lib/time'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { incidentChanged } from '../announcements'
import { openingSummary } from '../incident-summary'
import { investigationTitle } from '../chat-title'
import type { IncomingAlert } from './chunk'
import { queueRun } from './queue-run'
import { recordSuppression, windowOver } from './suppression'
import type { World } from './world'

/** A firing alert that fits nowhere opens an incident: with its investigation session, its primary alert and, usually, a run. */
export function openIncident(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  alert: AlertRow,
): void {
  const window = windowOver(world.windows, [alert])
  const opened = openedFrom(alert, {
    orgId: world.orgId,
    newId: world.newId,
    now: world.now,
    receivedAt: incoming.receivedAt,
    firedAt: incoming.alert.firedAt,
  })
  const incident: IncidentRow = { ...opened, suppressedBy: window?.id ?? null }
  world.incidents.set(incident.id, incident)
  writeOpening(writes, incident, {
    newId: world.newId,
    now: world.now,
    receivedAt: incoming.receivedAt,
    actor: 'system',
  })
  if (window !== null) recordSuppression(world, writes, incident.id, window.id)
  writes.feed.push(...incidentChanged(incident, 'created', world.now))
  queueRun(world, writes, {
    incident,
    trigger: 'opened',
    service: alert.service,
    settings: incoming.settings,
  })
}

/** A new incident with its investigation session, its primary alert and the first entry of its history. */
export function writeOpening(
  writes: CorrelationWrites,
  incident: IncidentRow,
  {
    newId,
    now,
    receivedAt,
    actor,
  }: {
    readonly newId: () => string
    readonly now: number
    readonly receivedAt: number
    /** Who opened it: a user's id, or `system`. */
    readonly actor: string
  },
): void {
  const { id: incidentId, primaryAlertId: alertId } = incident
  writes.newIncidents.push(incident)
  writes.sessions.push(investigationSession(incident, now))
  writes.memberships.push({
    id: newId(),
    incidentId,
    originIncidentId: incidentId,
    alertId,
    correlationStrategy: 'primary',
    correlationScore: 1,
    correlationDetails: {},
    receivedAt,
  })
  writes.lifecycle.push({ id: newId(), incidentId, actor, event: 'created', details: { alertId }, at: now })
}

/** The session in which an incident is investigated. */
export const investigationSession = (
  { id, chatSessionId, alertTitle, sourceType }: IncidentRow,
  now: number,
): CorrelationWrites['sessions'][number] => ({
  id: chatSessionId,
  userId: null,
  incidentId: id,
  title: investigationTitle(alertTitle),
  uiState: { isBackground: true, triggerMetadata: { source: sourceType, incident_id: id } },
  status: 'active',
  createdAt: now,
  updatedAt: now,
})

/** The row of an incident that this alert opens; the alert names it. */
export function openedFrom(
  alert: AlertRow,
  {
    orgId,
    newId,
    now,
    receivedAt,
    firedAt,
  }: {
    readonly orgId: string
    readonly newId: () => string
    readonly now: number
    readonly receivedAt: number
    readonly firedAt: number | null
  },
): IncidentRow {
  if (alert.incidentId === null) throw new Error('a placed alert names its incident')
  return {
    id: alert.incidentId,
    orgId,
    sourceType: alert.sourceType,
    sourceAlertId: alert.sourceAlertId,
    status: 'investigating',
    severity: alert.severity,
    alertTitle: alert.title,
    alertService: alert.service,
    alertEnvironment: alert.environment,
    alertMetadata:
      alert.severityRaw === null ? alert.metadata : { ...alert.metadata, severityRaw: alert.severityRaw },
    sourceUrl: alert.sourceUrl ?? '',
    primaryAlertId: alert.id,
    auroraStatus: 'idle',
    activeTab: 'thoughts',
    alertSummary: openingSummary(alert.title, alert.service),
    runSummary: null,
    manualSummary: null,
    chatSessionId: newId(),
    correlatedAlertCount: 0,
    openAlertCount: 1,
    affectedServices: alert.service === null ? [] : [alert.service],
    mergedIntoIncidentId: null,
    preMergeState: null,
    startedAt: Math.max(alert.startsAt, receivedAt - DAY),
    alertFiredAt: firedAt,
    lastAlertAt: alert.lastTransitionAt,
    ownWindowSeconds: null,
    suppressedBy: null,
    joinPace: null,
    joinsDueAt: null,
    acknowledgedAt: null,
    analyzedAt: null,
    resolvedAt: null,
    createdAt: receivedAt,
    updatedAt: now,
    version: 1,
  }
}
