import { SECOND } from '../../lib/time'
import type { CorrelationWrites, IncidentRow } from '../../store/correlation-rows'
import { runEffect, skipped } from '../../store/runs'
import type { AlertSettings } from './chunk'
import { decideRun, type Trigger } from './triggers'
import type { World } from './world'

interface Cause {
  readonly incident: IncidentRow
  readonly trigger: Trigger
  readonly service: string | null
  readonly settings: AlertSettings
}

/**
 * Queues an investigation in the batch of its cause, when the rules ask for one, so that no crash can lose it. One that they
 * keep back is there, too, with the reason: whoever misses the analysis finds out why there is none.
 */
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
  const decided = decideRun({ trigger, severity, service, settings, enabled, runs: earlier, now })
  if (decided === null) return
  const run = {
    id: world.newId(),
    incidentId: incident.id,
    ordinal: (earlier[0]?.ordinal ?? 0) + 1,
    trigger,
    services: [],
    createdAt: now,
  }
  const row = { ...run, kind: 'investigation', sessionId: incident.chatSessionId } as const
  const isSkipped = decided !== 'start'
  if (isSkipped) writes.skippedRuns.push({ ...row, ...skipped(decided, now), checkpoint: {} })
  else {
    const notBefore = settings.startDelaySeconds > 0 ? now + settings.startDelaySeconds * SECOND : null
    const checkpoint = notBefore === null ? {} : { startDelayed: true }
    writes.runs.push({ ...row, checkpoint, notBefore, lastEnqueuedAt: now })
    writes.outbox.push({ id: world.newId(), ...runEffect(run.id, notBefore ?? now) })
  }
  const state = isSkipped ? 'cancelled' : 'queued'
  const known = { ...run, state, startedAt: null, endedAt: isSkipped ? now : null }
  world.runs.set(incident.id, [known, ...earlier])
}
