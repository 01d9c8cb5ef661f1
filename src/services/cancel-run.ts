/** Ending a run before it is done: what it found stays, nothing more is published. */
import { audit } from '../store/audit'
import { cancelRun, markAnalysisCancelled, readableRun } from '../store/cancellations'
import { closePartials } from '../store/partial-messages'
import { releaseSession } from '../store/session-runs'
import { isGuardFailure, type Statement } from '../store/db'
import { announce, announceIncident } from '../store/feed'
import { lifecycle } from '../store/lifecycle'
import type { RunRow } from '../store/run-rows'
import type { SessionRow } from '../store/session-rows'
import { notFound } from '../lib/errors'
import { requireRole, type Ctx } from './context'

const TRIES = 3

/**
 * Cancels what is at work in a session, whoever started it; answers whether anything was.
 * @throws AppError not_found; forbidden for a viewer in an investigation session
 */
export async function cancelSession(ctx: Ctx, sessionId: string): Promise<'cancelled' | 'idle'> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [[session], [run]] = await readableRun(ctx.db, sessionId, ctx.actor.userId)
    if (session === undefined) throw notFound('Chat session not found')
    if (session.userId === null) requireRole(ctx, 'editor')
    if (run === undefined) return 'idle'
    try {
      await ctx.db.commit(cancellation(ctx, session, run))
    } catch (error) {
      // It ended in this very moment, or somebody else cancelled it: look again.
      if (isGuardFailure(error)) continue
      throw error
    }
    ctx.nudge.stopped({ sessionId, runId: run.id, lastSeq: session.lastSeq })
    if (run.incidentId !== null) ctx.nudge.feed(ctx.actor.orgId)
    return 'cancelled'
  }
  return 'idle'
}

/** The statements of a cancellation by a person: they fail as a whole when the run has ended. Send `nudge.stopped` afterwards. */
export function cancellation(
  { db, now, actor }: Ctx,
  session: Pick<SessionRow, 'id' | 'userId' | 'lastSeq'>,
  run: Pick<RunRow, 'id' | 'kind' | 'incidentId'>,
): Statement[] {
  const { incidentId } = run
  return [
    ...cancelRun(db, run.id, 'cancelled_by_user', now),
    closePartials(db, session.userId, [session.id]),
    releaseSession(db, session.id, run.id, 'completed', session.lastSeq, now),
    audit(db, { event: 'run.cancel', actor: actor.userId, subject: run.id, at: now }),
    ...(incidentId === null
      ? []
      : run.kind === 'investigation'
        ? [
            markAnalysisCancelled(db, incidentId, now),
            lifecycle(db, {
              incidentId,
              actor: actor.userId,
              event: 'rca_cancelled',
              details: { runId: run.id },
              dedupeKey: `${incidentId}:rca_cancelled:${run.id}`,
              at: now,
            }),
            announceIncident(db, incidentId, 'updated', now),
          ]
        : [
            announce(db, [
              {
                incidentId,
                userId: session.userId,
                event: { type: 'chat', session_id: session.id, status: 'completed' },
              },
            ]),
          ]),
  ]
}
