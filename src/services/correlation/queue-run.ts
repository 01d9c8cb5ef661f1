import { SECOND } from '../../lib/time'
import type { CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { runEffect } from '../../store/runs'
import type { AlertSettings } from './chunk'
import { startsRun, type Trigger } from './triggers'
import type { World } from './world'

interface Cause {
  readonly incident: IncidentRow
  readonly trigger: Trigger
  readonly service: string | null
  readonly settings: AlertSettings
}

/** Queues an investigation in the batch of its cause, when the rules ask for one, so that no crash can lose it. */
export function queueRun(
  world: World,
  writes: CorrelationWrites,
  { incident, trigger, service, settings }: Cause,
): void {
  // Released at the end of the maintenance window, if it is still open then.
  if (incident.suppressedBy !== null) return
  const earlier = world.runs.get(incident.id) ?? []
  const { now } = world
  const { enabled } = world.investigation
  const { severity } = incident
  if (!startsRun({ trigger, severity, service, settings, enabled, runs: earlier, now })) return
  const id = world.newId()
  const notBefore = settings.startDelaySeconds > 0 ? now + settings.startDelaySeconds * SECOND : null
  const ordinal = (earlier[0]?.ordinal ?? 0) + 1
  writes.runs.push({
    id,
    kind: 'investigation',
    incidentId: incident.id,
    sessionId: incident.chatSessionId,
    trigger,
    ordinal,
    checkpoint: notBefore === null ? {} : { startDelayed: true },
    services: [],
    notBefore,
    lastEnqueuedAt: now,
    createdAt: now,
  })
  writes.outbox.push({ id: world.newId(), ...runEffect(id, notBefore ?? now) })
  world.runs.set(incident.id, [
    {
      id,
      incidentId: incident.id,
      ordinal,
      state: 'queued',
      trigger,
      services: [],
      createdAt: now,
      startedAt: null,
      endedAt: null,
    },
    ...earlier,
  ])
}
