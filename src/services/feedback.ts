/** What a user thought of an analysis; a helpful one becomes something that later investigations learn from. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { isUniqueViolation } from '../store/db'
import * as store from '../store/feedback'
import { newestInvestigation, wholeIncident } from '../store/incidents'
import { lastThoughts } from '../store/merges'
import { requireRole, type Ctx } from './context'
import { shownSummary } from './incident-summary'
import { readLearn } from './preferences'
import { storedFindings } from './stored-findings'

const LONGEST = 2000

export const feedbackRequest = z.object({
  feedback_type: z.enum(['helpful', 'not_helpful'], {
    error: 'Invalid feedback_type. Must be one of: helpful, not_helpful',
  }),
  comment: optional(
    text({
      error: 'Invalid comment',
      min: 0,
      max: LONGEST,
      tooLong: `Comment too long (max ${LONGEST} characters)`,
    }),
  ),
})

/** Comes before everything else that a request may be refused for. @throws AppError feature_disabled */
export async function requireLearning(ctx: Ctx): Promise<void> {
  if (await readLearn(ctx)) return
  throw new AppError(
    'feature_disabled',
    'Aurora Learn is disabled. Enable it in Settings to provide feedback.',
    { body: { error_code: 'AURORA_LEARN_DISABLED' } },
  )
}

export interface GivenFeedback {
  readonly id: string
  readonly feedbackType: 'helpful' | 'not_helpful'
  readonly comment: string | null
  readonly createdAt: number
}

const given = () =>
  new AppError('already_exists', 'Feedback already submitted for this incident. Feedback cannot be changed.')

/** Once per user and incident. @throws AppError forbidden, not_found, already_exists, invalid_state */
export async function giveFeedback(
  ctx: Ctx,
  incidentId: string,
  input: z.output<typeof feedbackRequest>,
): Promise<GivenFeedback> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const [[incident], [earlier]] = await db.batch([
    wholeIncident(db, incidentId),
    store.feedbackOf(db, incidentId, actor.userId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (earlier !== undefined) throw given()
  if (incident.auroraStatus !== 'complete')
    throw new AppError('invalid_state', 'Can only provide feedback on completed analyses')
  const feedback = {
    id: newId(now),
    feedbackType: input.feedback_type,
    comment: input.comment === undefined || input.comment === '' ? null : input.comment,
    createdAt: now,
  }
  const lesson = input.feedback_type === 'helpful' ? await lessonOf(ctx, incident) : null
  try {
    await db.commit([
      store.insertFeedback(db, { ...feedback, userId: actor.userId, incidentId }),
      ...(lesson === null
        ? []
        : [
            store.insertLearning(db, {
              feedbackId: feedback.id,
              incidentId,
              payload: lesson,
              createdAt: now,
            }),
          ]),
      audit(db, {
        event: 'incident.feedback',
        actor: actor.userId,
        subject: incidentId,
        after: { feedbackType: input.feedback_type },
        at: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw given()
    throw error
  }
  return feedback
}

const CUT = 500
const cut = (words: string): string => words.slice(0, CUT)

/** What is worth remembering: how to know it again, what it was, what helped. Stored evidence is redacted already. */
async function lessonOf(
  { db }: Ctx,
  incident: NonNullable<Awaited<ReturnType<typeof wholeIncident>>[number]>,
): Promise<Readonly<Record<string, unknown>>> {
  const [keys, citations, thoughts, [run], executed] = await db.batch([
    store.dedupKeysOf(db, incident.id),
    store.citedEvidence(db, incident.id),
    lastThoughts(db, incident.id, 50),
    newestInvestigation(db, incident.id),
    store.executedSuggestions(db, incident.id),
  ])
  const causes = (storedFindings(run?.claims)?.claims ?? []).filter(({ section }) => section === 'root_cause')
  return {
    summary: cut(shownSummary(incident)),
    thoughts: thoughts.toReversed().map(({ content }) => cut(content)),
    citations: citations.map(({ number, tool, command, output }) => ({
      key: String(number),
      toolName: tool,
      command: cut(command),
      output: cut(output),
    })),
    services: incident.affectedServices,
    dedupKeys: [...new Set(keys.map(({ key }) => key))],
    titleTokens: [...new Set(incident.alertTitle.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])],
    mechanism: run?.mechanism ?? null,
    rootCause: causes.map((claim) => ({ text: cut(claim.text), evidence: claim.evidence })),
    fixTaken: executed.map(({ title }) => title),
  }
}

/** The caller's own, null when they gave none. @throws AppError not_found */
export async function readFeedback({ db, actor }: Ctx, incidentId: string): Promise<GivenFeedback | null> {
  const [[incident], [feedback]] = await db.batch([
    wholeIncident(db, incidentId),
    store.feedbackOf(db, incidentId, actor.userId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return feedback ?? null
}
