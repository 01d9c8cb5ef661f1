/** Messages of a chat session: asking, reading what is new, answering what a run wants confirmed. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { codePoints, optional, queryInteger } from '../lib/fields'
import { latestCitations, pageOfMessages } from '../store/chat-messages'
import { readableSession, sessionToWrite } from '../store/chat-sessions'
import { decide } from '../store/session-runs'
import { audit } from '../store/audit'
import { titleFrom } from './chat-title'
import { requireRole, type Ctx } from './context'
import { continueThread, openThread, type Question, type Turn, type TurnMode } from './turns'

const LONGEST_MESSAGE = 8000

/** A person's message, taken as sent; one of blanks alone is none. */
export const messageText = (max: number, tooLong: string) =>
  z
    .string({ error: 'message is required' })
    .refine((text) => text.trim() !== '' && !text.includes('\u0000'), 'message is required')
    .refine((text) => codePoints(text) <= max, tooLong)

export const newMessage = z.object({
  mode: optional(z.enum(['chat', 'rca', 'ask', 'agent'], { error: 'invalid mode' })),
  message: messageText(LONGEST_MESSAGE, `message too long (max ${LONGEST_MESSAGE} chars)`),
})

const unknown = (): AppError => notFound('session not found')

/** Asks in a session that exists. @throws AppError forbidden, not_found, conflict, session_busy */
export async function postMessage(ctx: Ctx, id: string, input: z.output<typeof newMessage>): Promise<Turn> {
  const mode = input.mode === 'agent' ? 'agent' : 'ask'
  if (mode === 'agent') requireRole(ctx, 'editor')
  return askIn(ctx, id, { text: input.message, mode, via: 'http' })
}

async function askIn(
  ctx: Ctx,
  id: string,
  question: Question,
  uiState?: Readonly<Record<string, unknown>>,
): Promise<Turn> {
  const [session] = await sessionToWrite(ctx.db, id, ctx.actor.userId)
  if (session === undefined) throw unknown()
  if (session.userId === null) requireRole(ctx, 'editor')
  if (session.status === 'cancelled') throw new AppError('conflict', 'session is cancelled')
  const unnamed = session.messageCount === 0 && session.title === 'New Chat'
  return continueThread(ctx, session, question, unknown, {
    ...(unnamed ? { title: titleFrom(question.text) } : {}),
    ...(uiState === undefined ? {} : { uiState: { ...session.uiState, ...uiState } }),
  })
}

export interface SocketQuestion {
  /** Null opens a session under `newId`. */
  readonly sessionId: string | null
  readonly newId: string
  readonly question: Question & { readonly mode: TurnMode }
  readonly uiState: Readonly<Record<string, unknown>> | undefined
}

/** A question that came over a socket. @throws AppError forbidden, not_found, conflict, session_busy */
export function askOverSocket(ctx: Ctx, { sessionId, newId: id, question, uiState }: SocketQuestion) {
  if (sessionId !== null) return askIn(ctx, sessionId, question, uiState)
  const thread = {
    id,
    incidentId: null,
    title: titleFrom(question.text),
    uiState: uiState ?? { selectedMode: question.mode },
  }
  return openThread(ctx, thread, question)
}

export const messagesQuery = z.object({
  /** How many the caller has; anything that is no such number counts as none. */
  after: z
    .unknown()
    .optional()
    .transform((text) => (typeof text === 'string' && /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0)),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 500, fallback: 500 }),
})

/** What a session says beyond the first `after` messages, as of one moment. One round trip. @throws AppError not_found */
export async function readMessages(ctx: Ctx, id: string, { after, limit }: z.output<typeof messagesQuery>) {
  const { db } = ctx
  const [[session], messages, [latest]] = await db.batch([
    readableSession(db, id, ctx.actor.userId),
    pageOfMessages(db, id, after, limit),
    latestCitations(db, id),
  ])
  if (session === undefined) throw unknown()
  return { session, messages, citations: latest?.citations ?? [] }
}

export const confirmation = z.object({
  confirmation_id: z.string({ error: 'Invalid confirmation_id' }).min(1, 'Invalid confirmation_id'),
  decision: z.enum(['execute', 'cancel'], {
    error: 'Invalid decision. Must be one of: execute, cancel',
  }),
})

/** Decides what a run waits for, once. @throws AppError forbidden, not_found for one that is unknown, answered, expired or foreign */
export async function confirm(ctx: Ctx, id: string, answer: z.output<typeof confirmation>): Promise<void> {
  requireRole(ctx, 'editor')
  const { db, now, actor } = ctx
  const refusal = notFound('Confirmation not found')
  const [session] = await readableSession(db, id, actor.userId)
  if (session === undefined) throw refusal
  const decided = { confirmationId: answer.confirmation_id, decision: answer.decision, by: actor.userId }
  const [taken] = await decide(db, id, decided, now)
  if (taken === undefined) throw refusal
  await audit(db, { event: 'confirmation.answer', actor: actor.userId, subject: id, after: answer, at: now })
  if (taken.runId !== null) ctx.nudge.run(taken.runId)
}
