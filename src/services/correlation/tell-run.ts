import { iso } from '../../lib/time'
import type { AlertRow, CorrelationWrites } from '../../store/correlation-rows'
import { isOpenRun } from './triggers'
import type { World } from './world'

interface News {
  readonly incidentId: string
  readonly kind: string
  readonly alert: AlertRow
  /** How many alerts this stands for. */
  readonly count?: number
}

/** Longest word, roughly, in characters. */
const LONGEST = 2000

/** Leaves word for a run that is at work on the incident. The run reads by a cursor; nothing is deleted. */
export function tellRun(
  world: World,
  writes: CorrelationWrites,
  { incidentId, kind, alert, count = 1 }: News,
): void {
  if (!(world.runs.get(incidentId) ?? []).some(isOpenRun)) return
  const where = alert.service === null ? '' : ` on ${alert.service}`
  const text = `${alert.title}${where} (${alert.severity}): ${kind} at ${iso(alert.resolvedAt ?? alert.lastTransitionAt)}${count > 1 ? `, and ${count - 1} more` : ''}`
  // A storm is told in a few words, however many alerts join.
  const told = writes.contextUpdates.find((word) => word.incidentId === incidentId && word.kind === kind)
  if (told !== undefined) {
    if (told.text.length < LONGEST) told.text += `; ${text}`
    return
  }
  const seq = (world.contextSeqs.get(incidentId) ?? 0) + 1
  world.contextSeqs.set(incidentId, seq)
  writes.contextUpdates.push({
    id: world.newId(),
    incidentId,
    seq,
    kind,
    alertId: alert.id,
    text,
    createdAt: world.now,
  })
}
