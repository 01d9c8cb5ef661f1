/** A person's word to an investigation at work: stored now, taken in at its next step. */
import * as z from 'zod'
import { SPOKEN } from '../agent/run/news'
import { redact } from '../agent/redact'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { appendMessage } from '../store/chat-messages'
import { isGuardFailure } from '../store/db'
import { announceIncident } from '../store/feed'
import { wholeIncident } from '../store/incidents'
import { investigationOf } from '../store/investigations'
import { tellRun } from '../store/runs'
import { requireRole, type Ctx } from './context'

const LONGEST = 2000

export const steerRequest = z.object({
  message: text({
    error: 'Missing message',
    max: LONGEST,
    tooLong: `Message too long (max ${LONGEST} characters)`,
  }),
})

/** Answers the number of the word among the run's news. @throws AppError forbidden, not_found, conflict */
export async function steerRun(
  ctx: Ctx,
  incidentId: string,
  runId: string,
  { message }: z.output<typeof steerRequest>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const [[incident], [run]] = await db.batch([
    wholeIncident(db, incidentId),
    investigationOf(db, incidentId, runId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (run === undefined) throw notFound('Run not found')
  // It goes to a model and into a thought that everybody reads.
  const said = redact(message)
  try {
    await db.commit([
      tellRun(db, { id: newId(now), incidentId, runId, kind: SPOKEN, text: said }, now),
      db.ensureChanged(),
      ...appendMessage(db, {
        sessionId: run.sessionId,
        sender: 'user',
        text: said,
        runId,
        createdAt: now,
      }),
      audit(db, { event: 'run.steer', actor: actor.userId, subject: runId, at: now }),
      announceIncident(db, incidentId, 'updated', now),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Run already finished')
    throw error
  }
  ctx.nudge.feed(actor.orgId)
}
