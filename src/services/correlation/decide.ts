/** What each alert of a chunk does: pure but for the world and the list of writes that it fills. */
import { transition, type Effect, type Transition } from '../../alerts/lifecycle'
import { paceRepeat, saysNothingNew } from '../../alerts/repeat-pace'
import type { AlertRow, CorrelationWrites } from '../../store/correlation-rows'
import type { IncomingAlert } from './chunk'
import { followIncident } from './follow-incident'
import { newAlert, withQuietEnd } from './new-alert'
import { placeAlert } from './place-alert'
import { noteFiring } from './suppression'
import { tellRun } from './tell-run'
import { changeAlert, effectKey, identityKey, type World } from './world'

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
