/** A question about an incident: stored with its run in one batch, answered in the background. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, text, uuid } from '../lib/fields'
import { newId, parseId } from '../lib/ids'
import { readableSession } from '../store/chat-sessions'
import { incidentById } from '../store/incident-detail'
import type { SessionRow } from '../store/session-rows'
import { suggestionById } from '../store/suggestions'
import { questionTitle } from './chat-title'
import { requireRole, type Ctx } from './context'
import { continueThread, openThread, type NewThread, type Question } from './turns'

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
  const { suggestion_id: suggestionId } = input
  if (suggestionId !== undefined) {
    const [suggestion] = await suggestionById(ctx.db, suggestionId)
    if (suggestion?.incidentId !== incidentId) throw notFound('Suggestion not found')
  }
  const asked: Question = {
    text: input.question,
    mode,
    via: 'http',
    ...(suggestionId === undefined ? {} : { suggestionId }),
  }
  const turn =
    known === null
      ? await openThread(ctx, aboutIncident(newId(ctx.now), incidentId, asked), asked)
      : await continueThread(ctx, known, asked, unknownSession)
  return { sessionId: turn.sessionId, runId: turn.runId, isNewSession: known === null }
}

const aboutIncident = (id: string, incidentId: string, { text: asked, mode }: Question): NewThread => ({
  id,
  incidentId,
  title: questionTitle(asked),
  uiState: {
    selectedMode: mode,
    isBackground: true,
    triggerMetadata: { source: 'incident_chat', incident_id: incidentId, question: asked },
  },
})

/** The caller's own thread about this incident; its investigation session only for editors. */
async function findThread(ctx: Ctx, incidentId: string, sessionId: string): Promise<SessionRow> {
  const [session] = await readableSession(ctx.db, sessionId, ctx.actor.userId)
  if (session === undefined || session.incidentId !== incidentId) throw unknownSession()
  if (session.userId === null) requireRole(ctx, 'editor')
  return session
}
