/** What people do with suggestions: edit a fix, apply it, tell that one was carried out. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, text, uuid } from '../lib/fields'
import { MINUTE } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure, type Statement } from '../store/db'
import { announceIncident } from '../store/feed'
import * as store from '../store/suggestions'
import { requireRole, type Ctx } from './context'

const EMPTY = 'No changes provided (content cannot be empty)'
const LONGEST = 500_000

export const suggestionPatch = z.object({
  userEditedContent: text({
    error: EMPTY,
    max: LONGEST,
    tooLong: 'Invalid userEditedContent',
    trim: false,
  }).refine((content) => content.trim() !== '', EMPTY),
})

const unknown = () => notFound('Suggestion not found or access denied')
const applied = (prUrl: string | null) =>
  new AppError('already_applied', 'PR already created for this suggestion', { details: { prUrl } })

/** @throws AppError forbidden, not_found, already_applied */
export async function editSuggestion(
  ctx: Ctx,
  id: string,
  { userEditedContent }: z.output<typeof suggestionPatch>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const suggestion = await findFix(ctx, id)
  if (suggestion.prUrl !== null) throw applied(suggestion.prUrl)
  try {
    await ctx.db.commit([
      store.editFix(ctx.db, id, userEditedContent),
      ctx.db.ensureChanged(),
      ...recorded(ctx, suggestion, 'suggestion.edit'),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw applied((await findFix(ctx, id)).prUrl)
    throw error
  }
  ctx.nudge.feed(ctx.actor.orgId)
}

async function findFix(ctx: Ctx, id: string): Promise<store.SuggestionRow> {
  const [suggestion] = await store.suggestionById(ctx.db, id)
  if (suggestion === undefined || suggestion.type !== 'fix') throw unknown()
  return suggestion
}

export const applyRequest = z.object({
  useEditedContent: optional(z.boolean({ error: 'Invalid useEditedContent' })),
  targetBranch: optional(text({ error: 'Invalid targetBranch', max: 255 })),
})

const CLAIM_MS = 10 * MINUTE
const REPOSITORY = /^[\w.-]{1,100}\/[\w.-]{1,100}$/

/**
 * Applies a fix through the organisation's code-host connection: the row is claimed before anything is called, so that a
 * double click opens one pull request, and a failed attempt gives the claim back.
 * @throws AppError forbidden, not_found, invalid_state, already_applied, conflict
 */
export async function applySuggestion(
  ctx: Ctx,
  id: string,
  { useEditedContent = true }: z.output<typeof applyRequest>,
): Promise<never> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const [suggestion] = await store.suggestionById(db, id)
  if (suggestion === undefined) throw unknown()
  if (suggestion.prUrl !== null) throw applied(suggestion.prUrl)
  const refuse = (message: string) => new AppError('invalid_state', message)
  const edited = useEditedContent ? suggestion.userEditedContent : null
  if (suggestion.type !== 'fix' || (edited ?? suggestion.suggestedContent) === null)
    throw refuse('No content available for this fix')
  if (suggestion.repository === null || !REPOSITORY.test(suggestion.repository))
    throw refuse('Invalid repository format')
  if (suggestion.filePath === null || suggestion.filePath === '') throw refuse('Missing file path')
  try {
    await db.commit([store.claimFix(db, id, now, now - CLAIM_MS), db.ensureChanged()])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    const { prUrl } = await findFix(ctx, id)
    throw prUrl === null ? new AppError('conflict', 'Fix is already being applied') : applied(prUrl)
  }
  await store.releaseFix(db, id, now)
  throw refuse('Repository is not connected')
}

export const executedRequest = z.object({ chatSessionId: optional(uuid('Invalid chatSessionId')) })

/** @throws AppError forbidden, not_found */
export async function markSuggestionExecuted(
  ctx: Ctx,
  id: string,
  { chatSessionId }: z.output<typeof executedRequest>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const [suggestion] = await store.suggestionById(db, id)
  if (suggestion === undefined) throw notFound('Suggestion not found')
  await db.commit([
    store.markExecuted(db, id, chatSessionId ?? null, now),
    ...recorded(ctx, suggestion, 'suggestion.execute'),
  ])
  ctx.nudge.feed(ctx.actor.orgId)
}

const recorded = (
  { db, actor, now }: Ctx,
  { id, incidentId }: store.SuggestionRow,
  event: string,
): Statement[] => [
  audit(db, { event, actor: actor.userId, subject: id, at: now }),
  announceIncident(db, incidentId, 'updated', now),
]
