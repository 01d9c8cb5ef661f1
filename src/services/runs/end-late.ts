/** The END of a run that could not say it itself: it was cancelled, or its object crashed between the last commit and the word. */
import { endOfRun } from '../../store/cancellations'
import { noteSeq } from '../../store/session-runs'
import type { TenantDb } from '../../store/tenant-db'
import type { Room } from './room-events'

const OUTCOME = {
  succeeded: 'completed',
  failed: 'failed',
  timeout: 'timeout',
  cancelled: 'cancelled',
} as const

/** Tells the END when the row says that there is one. */
export async function endRunLate(
  db: TenantDb,
  run: { readonly runId: string; readonly sessionId: string },
  room: Room,
): Promise<void> {
  const [ended] = await endOfRun(db, run.runId)
  if (ended === undefined) return
  const lastSeq = room.tell([{ kind: 'end', outcome: OUTCOME[ended.state] }])
  await noteSeq(db, run.sessionId, lastSeq)
}
