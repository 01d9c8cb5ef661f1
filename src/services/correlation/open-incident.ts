import { DAY } from '../../lib/time'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { incidentChanged } from '../announcements'
import { openingSummary } from '../incident-summary'
import { investigationTitle } from '../chat-title'
import type { IncomingAlert } from './chunk'
import { queueRun } from './queue-run'
import type { World } from './world'

/** A firing alert that fits nowhere opens an incident: with its investigation session, its primary alert and, usually, a run. */
export function openIncident(
  world: World,
  writes: CorrelationWrites,
  incoming: IncomingAlert,
  alert: AlertRow,
): void {
  if (alert.incidentId === null) throw new Error('a placed alert names its incident')
  const incident: IncidentRow = {
    id: alert.incidentId,
    orgId: world.orgId,
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
    chatSessionId: world.newId(),
    correlatedAlertCount: 0,
    openAlertCount: 1,
    affectedServices: alert.service === null ? [] : [alert.service],
    mergedIntoIncidentId: null,
    preMergeState: null,
    startedAt: Math.max(alert.startsAt, incoming.receivedAt - DAY),
    alertFiredAt: incoming.alert.firedAt,
    lastAlertAt: alert.lastTransitionAt,
    acknowledgedAt: null,
    analyzedAt: null,
    resolvedAt: null,
    createdAt: incoming.receivedAt,
    updatedAt: world.now,
    version: 1,
  }
  world.incidents.set(incident.id, incident)
  writes.newIncidents.push(incident)
  writes.sessions.push({
    id: incident.chatSessionId,
    userId: null,
    incidentId: incident.id,
    title: investigationTitle(alert.title),
    uiState: { isBackground: true, triggerMetadata: { source: alert.sourceType, incident_id: incident.id } },
    status: 'active',
    createdAt: world.now,
    updatedAt: world.now,
  })
  writes.memberships.push({
    id: world.newId(),
    incidentId: incident.id,
    originIncidentId: incident.id,
    alertId: alert.id,
    correlationStrategy: 'primary',
    correlationScore: 1,
    correlationDetails: {},
    receivedAt: incoming.receivedAt,
  })
  writes.lifecycle.push({
    id: world.newId(),
    incidentId: incident.id,
    actor: 'system',
    event: 'created',
    details: { alertId: alert.id },
    at: world.now,
  })
  writes.feed.push(...incidentChanged(incident, 'created', world.now))
  queueRun(world, writes, {
    incident,
    trigger: 'opened',
    service: alert.service,
    settings: incoming.settings,
  })
}
