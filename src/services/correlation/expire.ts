import type { AlertRow, CorrelationWrites } from '../../store/correlation-rows'
import { followIncident } from './follow-incident'
import { tellRun } from './tell-run'
import { changeAlert, effectKey, identityKey, type World } from './world'

/** The effect key of an alert's end by time: the same end is written once. */
export const expiryKey = ({
  id,
  expiresAt,
}: {
  readonly id: string
  readonly expiresAt: number | null
}): string => `expiry:${id}:${expiresAt ?? 0}`

/** Resolves an open alert that was not refreshed in time. Nobody reported this end, so its last reported transition stays. */
export function expireAlert(
  world: World,
  writes: CorrelationWrites,
  identity: { readonly integrationId: string; readonly dedupKey: string },
): void {
  const alert = world.alerts.get(identityKey(identity.integrationId, identity.dedupKey))
  if (
    alert === undefined ||
    alert.state === 'resolved' ||
    alert.expiresAt === null ||
    alert.expiresAt > world.now
  )
    return
  const key = expiryKey(alert)
  if (world.applied.has(effectKey(key, 0))) return
  const effect = alert.source === 'alertmanager_api' ? 'expired' : 'auto_resolved'
  const row: AlertRow = {
    ...alert,
    state: 'resolved',
    resolvedAt: world.now,
    expiresAt: null,
    updatedAt: world.now,
  }
  changeAlert(world, writes, row)
  followIncident(world, writes, null, { row, effect, openDelta: -1, lastAlertAt: null, trigger: null })
  if (row.incidentId !== null)
    tellRun(world, writes, { incidentId: row.incidentId, kind: effect, alert: row })
  writes.events.push({
    id: world.newId(),
    alertId: alert.id,
    deliveryId: key,
    idx: 0,
    effect,
    eventTime: world.now,
    at: world.now,
  })
}
