/** A question in a chat session: stored with the run that will answer it in one batch, so that neither is ever without the other. */
import { AppError } from '../lib/errors'
import { newId } from '../lib/ids'
import { insertMessage, type NewMessage } from '../store/chat-messages'
import { insertSession, readableSession } from '../store/chat-sessions'
import { occupySession } from '../store/session-runs'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import { announce } from '../store/feed'
import { insertRun } from '../store/runs'
import type { SessionRow } from '../store/session-rows'
import { beginExecution } from '../store/suggestions'
import type { Ctx } from './context'

export type TurnMode = 'ask' | 'agent'

export interface Question {
  /** The person's bare words. What the analyst needs besides is added when it is answered. */
  readonly text: string
  readonly mode: TurnMode
  /** A run that was asked for over a socket leaves the session's status as it was. */
  readonly via: 'http' | 'socket'
  /** Set where the asker has to know the run before it is stored. */
  readonly runId?: string
  /** The suggestion of the session's incident that this turn carries out. */
  readonly suggestionId?: string
  readonly images?: NewMessage['images']
  readonly extra?: NewMessage['extra']
}

export interface Turn {
  readonly sessionId: string
  readonly runId: string
  /** The number of the stored question. */
  readonly messageNumber: number
  /** The newest frame before this turn. */
  readonly lastSeq: number
}

export interface NewThread {
  readonly id: string
  readonly incidentId: string | null
  readonly title: string
  readonly uiState: SessionRow['uiState']
}

/** Opens a session of the caller's with its first question. */
export async function openThread(ctx: Ctx, thread: NewThread, question: Question): Promise<Turn> {
  const { db, now, actor } = ctx
  const runId = question.runId ?? newId(now)
  const session = { id: thread.id, userId: actor.userId, incidentId: thread.incidentId }
  await db.commit([
    insertSession(db, {
      ...session,
      title: thread.title,
      uiState: thread.uiState,
      status: 'in_progress',
      priorStatus: 'active',
      activeRunId: runId,
      messageCount: 1,
      createdAt: now,
      updatedAt: now,
    }),
    ...statements(ctx, session, runId, 1, question),
  ])
  tell(ctx, runId, session.incidentId)
  return { sessionId: thread.id, runId, messageNumber: 1, lastSeq: 0 }
}

/**
 * Asks on in a session.
 * @param unknown what is thrown when the session was deleted in the same moment
 * @throws AppError session_busy when a run is at work in it, or somebody else asked in the same moment
 */
export async function continueThread(
  ctx: Ctx,
  session: SessionRow,
  question: Question,
  unknown: () => AppError,
  changes: Partial<Pick<SessionRow, 'uiState' | 'title'>> = {},
): Promise<Turn> {
  const { db, now } = ctx
  if (session.status === 'in_progress') throw busy()
  const runId = question.runId ?? newId(now)
  const messageNumber = session.messageCount + 1
  try {
    await db.commit([
      occupySession(db, session, runId, now, changes),
      db.ensureChanged(),
      ...statements(ctx, session, runId, messageNumber, question),
    ])
  } catch (error) {
    if (!isGuardFailure(error) && !isUniqueViolation(error)) throw error
    const [still] = await readableSession(db, session.id, ctx.actor.userId)
    throw still === undefined ? unknown() : busy()
  }
  tell(ctx, runId, session.incidentId)
  return { sessionId: session.id, runId, messageNumber, lastSeq: session.lastSeq }
}

const busy = () => new AppError('session_busy', 'Session is already processing')

function statements(
  { db, now, actor }: Ctx,
  session: Pick<SessionRow, 'id' | 'incidentId' | 'userId'>,
  runId: string,
  messageNumber: number,
  { text, mode, via, suggestionId, images = null, extra = null }: Question,
) {
  const { id: sessionId, incidentId, userId } = session
  const event = { type: 'chat', session_id: sessionId, status: 'in_progress' }
  return [
    insertMessage(db, {
      sessionId,
      messageNumber,
      sender: 'user',
      text,
      images,
      extra,
      runId,
      createdAt: now,
    }),
    ...insertRun(db, {
      id: runId,
      kind: 'chat',
      incidentId,
      sessionId,
      userId: actor.userId,
      mode,
      trigger: 'question',
      // The words of a suggestion come from what was read: nothing is written because of them.
      checkpoint: { messageNumber, via, ...(suggestionId === undefined ? {} : { proposals: [] }) },
      lastEnqueuedAt: now,
      createdAt: now,
    }),
    ...(suggestionId === undefined ? [] : [beginExecution(db, suggestionId, sessionId)]),
    ...(incidentId === null ? [] : [announce(db, [{ incidentId, userId, event }])]),
  ]
}

function tell(ctx: Ctx, runId: string, incidentId: string | null): void {
  ctx.nudge.run(runId)
  if (incidentId !== null) ctx.nudge.feed(ctx.actor.orgId)
}
