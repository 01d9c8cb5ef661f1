import { iso } from '../../lib/time'
import type { AlertRow, CorrelationWrites } from '../../store/correlation-rows'
import { isOpenRun } from './triggers'
import type { World } from './world'

interface News {
  readonly incidentId: string
  readonly kind: string
  readonly alert: AlertRow
}

/** Leaves word for a run that is at work on the incident. The run reads by a cursor; nothing is deleted. */
export function tellRun(world: World, writes: CorrelationWrites, { incidentId, kind, alert }: News): void {
  if (!(world.runs.get(incidentId) ?? []).some(isOpenRun)) return
  const seq = (world.contextSeqs.get(incidentId) ?? 0) + 1
  world.contextSeqs.set(incidentId, seq)
  const where = alert.service === null ? '' : ` on ${alert.service}`
  writes.contextUpdates.push({
    id: world.newId(),
    incidentId,
    seq,
    kind,
    alertId: alert.id,
    text: `${alert.title}${where} (${alert.severity}): ${kind} at ${iso(alert.resolvedAt ?? alert.lastTransitionAt)}`,
    createdAt: world.now,
  })
}
