import type { CorrelationWrites } from '../../store/correlation-rows'
import type { World } from './world'

/** Records what the correlator did to an incident. */
export function addLifecycle(
  world: World,
  writes: CorrelationWrites,
  incidentId: string,
  event: string,
  details: Readonly<Record<string, unknown>>,
): void {
  writes.lifecycle.push({ id: world.newId(), incidentId, actor: 'system', event, details, at: world.now })
}
