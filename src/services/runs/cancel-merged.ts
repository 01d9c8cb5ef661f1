import { markAnalysisCancelled } from '../../store/cancellations'
import { releaseSession } from '../../store/session-runs'
import type { IncidentRow } from '../../store/correlation-rows'

import { lifecycle } from '../../store/lifecycle'
import { endRun, finishEffect } from '../../store/runs'
import type { Executor, Held } from './executor'

/**
 * The incident was merged while its run was at work: nothing is published, what was found stays.
 * @throws a guard failure when the lease is lost
 */
export async function cancelMerged(
  executor: Executor,
  { run, lease }: Held,
  incident: Pick<IncidentRow, 'id' | 'mergedIntoIncidentId'>,
): Promise<void> {
  const { db, room } = executor
  const now = executor.now()
  // Merged by hand, without a target, it can be set back: then its session is needed again.
  const session = incident.mergedIntoIncidentId === null ? 'completed' : 'cancelled'
  await db.commit([
    ...endRun(db, lease, { state: 'cancelled', errorCode: 'incident_merged' }, now),
    finishEffect(db, `run:${run.id}`, now),
    releaseSession(db, run.sessionId, run.id, session, room.lastSeq(), now),
    markAnalysisCancelled(db, incident.id, now),
    lifecycle(db, {
      incidentId: incident.id,
      actor: 'system',
      event: 'rca_cancelled',
      details: { runId: run.id },
      dedupeKey: `${incident.id}:rca_cancelled:${run.id}`,
      at: now,
    }),
  ])
  room.tell([{ kind: 'end', outcome: 'cancelled' }])
}
