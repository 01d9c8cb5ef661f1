/** A question about an incident: stored with its run in one batch, answered in the background. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, text, uuid } from '../lib/fields'
import { newId, parseId } from '../lib/ids'
import { insertMessage, insertSession, occupySession, readableSession } from '../store/chat-sessions'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import { announce } from '../store/feed'
import { incidentById } from '../store/incidents'
import { insertRun, queueEffect } from '../store/runs'
import type { SessionRow } from '../store/session-rows'
import { questionTitle } from './chat-title'
import { requireRole, type Ctx } from './context'

const LONGEST_QUESTION = 2000

export const question = z.object({
  question: text({
    error: 'Missing question',
    max: LONGEST_QUESTION,
    tooLong: `Question too long (max ${LONGEST_QUESTION} characters)`,
  }),
  mode: optional(z.enum(['ask', 'agent'], { error: 'Invalid mode. Must be "ask" or "agent"' })),
  suggestion_id: optional(uuid('Invalid suggestion ID')),
})

export const questionQuery = z.object({ session_id: z.string().optional() })

export interface Asked {
  readonly sessionId: string
  readonly runId: string
  readonly isNewSession: boolean
}

const unknownSession = () => notFound('Session not found or does not belong to this incident')

/** @throws AppError invalid_id, forbidden, not_found, session_busy */
export async function askIncident(
  ctx: Ctx,
  incidentId: string,
  sessionText: string | undefined,
  input: z.output<typeof question>,
): Promise<Asked> {
  const mode = input.mode ?? 'ask'
  if (mode === 'agent') requireRole(ctx, 'editor')
  const sessionId = sessionText === undefined ? null : parseId(sessionText)
  if (sessionText !== undefined && sessionId === null)
    throw new AppError('invalid_id', 'Invalid session ID format')
  const [incident] = await incidentById(ctx.db, incidentId)
  if (incident === undefined) throw notFound('Incident not found')
  const known = sessionId === null ? null : await findThread(ctx, incidentId, sessionId)
  return known === null
    ? startThread(ctx, incidentId, input.question, mode)
    : continueThread(ctx, known, input.question, mode)
}

/** The caller's own thread about this incident; its investigation session only for editors. */
async function findThread(ctx: Ctx, incidentId: string, sessionId: string): Promise<SessionRow> {
  const [session] = await readableSession(ctx.db, sessionId, ctx.actor.userId)
  if (session === undefined || session.incidentId !== incidentId) throw unknownSession()
  if (session.userId === null) requireRole(ctx, 'editor')
  if (session.status === 'in_progress') throw busy()
  return session
}

const busy = () => new AppError('session_busy', 'Session is already processing')

async function startThread(ctx: Ctx, incidentId: string, asked: string, mode: string): Promise<Asked> {
  const { db, now, actor } = ctx
  const sessionId = newId(now)
  const runId = newId(now)
  await db.commit([
    insertSession(db, {
      id: sessionId,
      userId: actor.userId,
      incidentId,
      title: questionTitle(asked),
      uiState: {
        selectedMode: mode,
        isBackground: true,
        triggerMetadata: { source: 'incident_chat', incident_id: incidentId, question: asked },
      },
      status: 'in_progress',
      priorStatus: 'active',
      activeRunId: runId,
      messageCount: 1,
      createdAt: now,
      updatedAt: now,
    }),
    ...turn(ctx, { sessionId, runId, incidentId, number: 1, asked, mode, owner: actor.userId }),
  ])
  tell(ctx, runId)
  return { sessionId, runId, isNewSession: true }
}

async function continueThread(ctx: Ctx, session: SessionRow, asked: string, mode: string): Promise<Asked> {
  const { db, now } = ctx
  const runId = newId(now)
  try {
    await db.commit([
      occupySession(db, session, runId, now),
      db.ensureChanged(),
      ...turn(ctx, {
        sessionId: session.id,
        runId,
        incidentId: session.incidentId,
        number: session.messageCount + 1,
        asked,
        mode,
        owner: session.userId,
      }),
    ])
  } catch (error) {
    // Somebody else asked in the same moment: their turn stands.
    if (isGuardFailure(error) || isUniqueViolation(error)) throw busy()
    throw error
  }
  tell(ctx, runId)
  return { sessionId: session.id, runId, isNewSession: false }
}

interface Turn {
  readonly sessionId: string
  readonly runId: string
  readonly incidentId: string | null
  readonly number: number
  readonly asked: string
  readonly mode: string
  readonly owner: string | null
}

/** The stored question is the person's bare words; what the analyst needs besides is added when it is answered. */
function turn({ db, now, actor }: Ctx, { sessionId, runId, incidentId, number, asked, mode, owner }: Turn) {
  return [
    insertMessage(db, {
      sessionId,
      messageNumber: number,
      sender: 'user',
      text: asked,
      runId,
      createdAt: now,
    }),
    insertRun(db, {
      id: runId,
      kind: 'chat',
      incidentId,
      sessionId,
      userId: actor.userId,
      mode,
      trigger: 'question',
      checkpoint: { question: asked, messageNumber: number },
      lastEnqueuedAt: now,
      createdAt: now,
    }),
    queueEffect(db, { kind: 'run', dedupeKey: `run:${runId}`, payload: { runId }, nextAt: now }),
    ...(incidentId === null
      ? []
      : [
          announce(db, [
            {
              incidentId,
              userId: owner,
              event: { type: 'chat', session_id: sessionId, status: 'in_progress' },
            },
          ]),
        ]),
  ]
}

function tell(ctx: Ctx, runId: string): void {
  ctx.nudge.run(runId)
  ctx.nudge.feed(ctx.actor.orgId)
}
