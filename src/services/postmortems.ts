/** Reading, editing and renewing postmortems. They are written by a job, after each resolution or when somebody asks. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { queryInteger, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { MINUTE } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { announceIncident } from '../store/feed'
import { wholeIncident } from '../store/incidents'
import { lifecycle } from '../store/lifecycle'
import * as store from '../store/postmortems'
import { requireRole, type Ctx } from './context'

/** A generation that was asked for longer ago counts as failed. */
const LOST_MS = 10 * MINUTE
const LONGEST = 100_000

export type Postmortem = store.PostmortemRow & { readonly content: string; readonly generatedAt: number }

const missing = (status?: 'none' | 'generating' | 'failed') =>
  new AppError('not_found', 'Postmortem not found', status === undefined ? {} : { details: { status } })

/** @throws AppError not_found, with how its writing stands */
export async function readPostmortem(ctx: Ctx, incidentId: string): Promise<Postmortem> {
  const row = await find(ctx, incidentId)
  if (row === null) throw missing('none')
  const { content, generatedAt } = row
  if (content !== null && generatedAt !== null) return { ...row, content, generatedAt }
  throw missing(isGenerating(row, ctx.now) ? 'generating' : 'failed')
}

const isGenerating = (row: store.PostmortemRow, now: number): boolean =>
  row.state === 'generating' && row.requestedAt > now - LOST_MS

async function find({ db }: Ctx, incidentId: string): Promise<store.PostmortemRow | null> {
  const [[incident], [row]] = await db.batch([
    wholeIncident(db, incidentId),
    store.postmortemOf(db, incidentId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return row ?? null
}

export const postmortemPatch = z.object({
  content: text({
    error: 'Content is required',
    max: LONGEST,
    tooLong: `Content exceeds maximum length of ${LONGEST} characters`,
    trim: false,
  }).refine((content) => content.trim() !== '', 'Content is required'),
})

/** A person's text becomes a version and the current one. @throws AppError forbidden, not_found, conflict */
export async function editPostmortem(
  ctx: Ctx,
  incidentId: string,
  { content }: z.output<typeof postmortemPatch>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const read = await find(ctx, incidentId)
  if (read === null || read.content === null) throw missing()
  await show(
    ctx,
    read,
    { incidentId, content, origin: 'edited', userId: ctx.actor.userId },
    'postmortem.edit',
  )
}

/** In place of the version that was read; of two who read it at once only one does. */
async function show(
  ctx: Ctx,
  read: Pick<store.PostmortemRow, 'version'>,
  version: Parameters<typeof store.addVersion>[1],
  event: string,
): Promise<void> {
  const { db, actor, now } = ctx
  try {
    await db.commit([
      store.addVersion(db, version, now),
      store.showVersion(db, read, version, now),
      db.ensureChanged(),
      audit(db, { event, actor: actor.userId, subject: version.incidentId, at: now }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Postmortem was changed by another writer')
    throw error
  }
}

/** Queues a new generation; answers its run. @throws AppError forbidden, not_found, conflict */
export async function regeneratePostmortem(ctx: Ctx, incidentId: string): Promise<string> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  await find(ctx, incidentId)
  const runId = newId(now)
  try {
    await db.commit([
      store.ensureNoneGenerating(db, incidentId, now - LOST_MS),
      ...store.queuePostmortem(db, { incidentId, runId }, { trigger: 'manual', userId: actor.userId }, now),
      lifecycle(db, {
        incidentId,
        actor: actor.userId,
        event: 'postmortem_requested',
        details: { runId },
        at: now,
      }),
      audit(db, { event: 'postmortem.regenerate', actor: actor.userId, subject: incidentId, at: now }),
      announceIncident(db, incidentId, 'updated', now),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Generation already in progress')
    throw error
  }
  ctx.nudge.run(runId)
  ctx.nudge.feed(actor.orgId)
  return runId
}

/** Newest first. @throws AppError not_found */
export async function listVersions(ctx: Ctx, incidentId: string) {
  const [[incident], [row], versions] = await ctx.db.batch([
    wholeIncident(ctx.db, incidentId),
    store.postmortemOf(ctx.db, incidentId),
    store.versionsOf(ctx.db, incidentId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (row === undefined) throw missing()
  return versions.map((version) => ({ ...version, isCurrent: version.version === row.version }))
}

/** @throws AppError not_found */
export async function readVersion(ctx: Ctx, incidentId: string, number: string) {
  // A number that is none is one that no version has.
  const wanted = /^\d{1,9}$/.test(number) ? Number(number) : 0
  const [[incident], [row], [version]] = await ctx.db.batch([
    wholeIncident(ctx.db, incidentId),
    store.postmortemOf(ctx.db, incidentId),
    store.versionOf(ctx.db, incidentId, wanted),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (row === undefined) throw missing()
  if (version === undefined) throw notFound('Version not found')
  return { ...version, isCurrent: version.version === row.version, current: row.version }
}

/** Makes the text of an earlier version current again, as a new version. @throws AppError forbidden, not_found, conflict */
export async function restoreVersion(ctx: Ctx, incidentId: string, number: string): Promise<void> {
  requireRole(ctx, 'editor')
  const { content, userId, current } = await readVersion(ctx, incidentId, number)
  const restored = { incidentId, content, origin: 'restored', userId } as const
  await show(ctx, { version: current }, restored, 'postmortem.restore')
}

export const postmortemsQuery = z.object({
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 100, fallback: 50 }),
  offset: queryInteger({ error: 'Invalid offset', min: 0, max: 999_999_999, fallback: 0 }),
})

/** The organisation's postmortems, newest first. */
export async function listPostmortems(ctx: Ctx, { limit, offset }: z.output<typeof postmortemsQuery>) {
  const rows = await store.pageOfPostmortems(ctx.db, limit, offset)
  return rows.flatMap(({ postmortem, incidentTitle }) => {
    const { content, generatedAt } = postmortem
    return content === null || generatedAt === null
      ? []
      : [{ postmortem: { ...postmortem, content, generatedAt }, incidentTitle }]
  })
}
