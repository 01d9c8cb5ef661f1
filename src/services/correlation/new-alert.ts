import type { Transition } from '../../alerts/lifecycle'
import { SECOND } from '../../lib/time'
import type { AlertRow } from '../../store/correlation-rows'
import type { IncomingAlert } from './chunk'
import type { World } from './world'

/** Where the sender tells no end, an alert that is not seen for long enough resolves by itself. */
export function withQuietEnd(alert: AlertRow, { alert: event, settings }: IncomingAlert): AlertRow {
  if (event.expiresAt !== null || settings.autoResolveSeconds === null || alert.state === 'resolved')
    return alert
  return { ...alert, expiresAt: alert.lastSeenAt + settings.autoResolveSeconds * SECOND }
}

export function newAlert(world: World, incoming: IncomingAlert, step: Transition): AlertRow {
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
