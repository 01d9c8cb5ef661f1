/** What people do with suggestions: edit a fix, apply it, tell that one was carried out. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, text, uuid } from '../lib/fields'
import { MINUTE } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure, type Statement } from '../store/db'
import { announceIncident } from '../store/feed'
import * as store from '../store/suggestions'
import type { Ports } from './connectors/ports'
import { proposeFix } from './connectors/propose-fix'
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

/** @throws AppError forbidden, not_found, already_applied, conflict */
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
      store.editFix(ctx.db, suggestion, userEditedContent),
      ctx.db.ensureChanged(),
      ...recorded(ctx, suggestion, 'suggestion.edit'),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    const { prUrl } = await findFix(ctx, id)
    throw prUrl === null
      ? new AppError('conflict', 'Suggestion was changed by another writer')
      : applied(prUrl)
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

export interface AppliedFix {
  readonly prUrl: string
  readonly prNumber: number
  readonly branch: string
  readonly repository: string
  readonly filePath: string
}

/**
 * Applies a fix through the organisation's code-host connection: the row is claimed before anything is called, so that a
 * double click opens one pull request, and a failed attempt gives the claim back. A retry goes on with the same branch.
 * @throws AppError forbidden, not_found, invalid_state, already_applied, conflict, upstream_error
 */
export async function applySuggestion(
  ctx: Ctx,
  ports: Ports,
  id: string,
  { useEditedContent = true, targetBranch }: z.output<typeof applyRequest>,
): Promise<AppliedFix> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const [suggestion] = await store.suggestionById(db, id)
  if (suggestion === undefined) throw unknown()
  if (suggestion.prUrl !== null) throw applied(suggestion.prUrl)
  const refuse = (message: string) => new AppError('invalid_state', message)
  const edited = useEditedContent ? suggestion.userEditedContent : null
  const content = edited ?? suggestion.suggestedContent
  if (suggestion.type !== 'fix' || content === null) throw refuse('No content available for this fix')
  const { repository, filePath } = suggestion
  if (repository === null || !isRepository(repository)) throw refuse('Invalid repository format')
  if (filePath === null || filePath === '' || filePath.split('/').includes('..'))
    throw refuse('Missing file path')
  const branch = branchOf(suggestion)
  try {
    await db.commit([store.claimFix(db, id, now, now - CLAIM_MS), db.ensureChanged()])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    const { prUrl } = await findFix(ctx, id)
    throw prUrl === null ? new AppError('conflict', 'Fix is already being applied') : applied(prUrl)
  }
  try {
    const words = wordsOf(suggestion)
    const change = { repository, filePath, content, branch, target: targetBranch ?? null, ...words }
    const { url: prUrl, number: prNumber } = await proposeFix(ctx, ports, change)
    await db.commit([
      store.recordPull(db, id, { prUrl, prNumber, createdBranch: branch }, now),
      ...recorded(ctx, suggestion, 'suggestion.apply'),
    ])
    ctx.nudge.feed(ctx.actor.orgId)
    return { prUrl, prNumber, branch, repository, filePath }
  } catch (error) {
    await store.releaseFix(db, id, now)
    throw error
  }
}

const isRepository = (text: string): boolean =>
  REPOSITORY.test(text) && text.split('/').every((name) => !/^\.+$/.test(name))

/** The same for every attempt, so that one that a crash cut off is found again and no second pull request is opened. */
const branchOf = ({ incidentId, createdAt, ordinal }: store.SuggestionRow): string =>
  `fix/aurora-${incidentId.slice(0, 8)}-${Math.floor(createdAt / 1000) + ordinal}`

/** What the pull request says, and what it was made from. */
const wordsOf = ({ title, description, rationale, ...it }: store.SuggestionRow) => ({
  baseCommit: it.baseCommit,
  originalContent: it.originalContent,
  title: title.slice(0, 200),
  body: [description, rationale, `Suggested by Aurora for incident ${it.incidentId}.`]
    .filter((line) => line !== null && line !== '')
    .join('\n\n'),
})

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
