/** Chat sessions: threads of a person, and the investigation session that each incident has. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { optional, queryInteger, text } from '../lib/fields'
import { newId, parseId } from '../lib/ids'
import { iso } from '../lib/time'
import { announceStopped, cancelRunsIn } from '../store/cancellations'
import { clearTranscript, insertTranscript, messagesOf } from '../store/chat-messages'
import { closePartials } from '../store/partial-messages'
import * as store from '../store/chat-sessions'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import type { SessionRow } from '../store/session-rows'
import { titleFrom } from './chat-title'
import type { Ctx } from './context'
import { firstQuestion, messagesField, rowsOf, uiStateField } from './message-input'
import { pageOf, readCursor } from './session-cursor'

export type { MessageRow, SessionRow } from '../store/session-rows'

const LONGEST_TITLE = 255
const unknownSession = (): AppError => notFound('Chat session not found')

export const sessionsQuery = z.object({
  status: z
    .enum(['active', 'in_progress', 'completed', 'failed', 'cancelled'], { error: 'Invalid status' })
    .optional(),
  scope: z.string().optional(),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 500, fallback: 500 }),
  cursor: readCursor('Invalid cursor'),
})

/** The caller's sessions, with `scope=org` the organisation's investigations, too. One round trip. */
export async function listSessions(
  ctx: Ctx,
  { status, scope, limit, cursor }: z.output<typeof sessionsQuery>,
) {
  const { db, actor } = ctx
  const page = { status: status ?? null, limit: limit + 1, after: cursor ?? null }
  const own = store.pageOfSessions(db, actor.userId, page)
  const [mine, shared] =
    scope === 'org' ? await db.batch([own, store.pageOfSessions(db, null, page)]) : [await own, []]
  return pageOf([...mine, ...shared], limit)
}

export type ListedSession = Awaited<ReturnType<typeof listSessions>>['sessions'][number]

/** A session with its newest messages, as of one moment. One round trip. @throws AppError not_found */
export async function readSession(ctx: Ctx, id: string) {
  const [[session], messages] = await ctx.db.batch([
    store.readableSession(ctx.db, id, ctx.actor.userId),
    messagesOf(ctx.db, id),
  ])
  if (session === undefined) throw unknownSession()
  return { session, messages }
}

/** @throws AppError not_found */
export async function readStatus(ctx: Ctx, id: string): Promise<Pick<SessionRow, 'status' | 'messageCount'>> {
  const [session] = await store.readableSession(ctx.db, id, ctx.actor.userId)
  if (session === undefined) throw unknownSession()
  return session
}

const title = (min: number) => text({ error: 'Invalid title', max: LONGEST_TITLE, min })

export const newSession = z.object({
  title: optional(title(0)),
  messages: optional(messagesField),
  ui_state: optional(uiStateField),
})

/** A session of the caller's; nothing runs in it yet. */
export async function createSession(ctx: Ctx, input: z.output<typeof newSession>) {
  const { db, now, actor } = ctx
  const id = newId(now)
  const messages = input.messages ?? []
  await db.commit([
    store.insertSession(db, {
      id,
      userId: actor.userId,
      title: input.title || titleFrom(firstQuestion(messages)),
      uiState: input.ui_state ?? {},
      messageCount: messages.length,
      createdAt: now,
      updatedAt: now,
    }),
    ...insertTranscript(db, id, rowsOf(messages, now)),
  ])
  return readSession(ctx, id)
}

export const sessionChange = z.object({
  title: optional(title(1)),
  messages: optional(messagesField),
  ui_state: optional(uiStateField),
})

/**
 * A person's change of their own session. It is written only onto what was read of it, so two racing changes never mix; of
 * the state of a page the last one counts.
 * @param ifMatch the `updated_at` that the caller knows, as it stands in the header; undefined for none
 * @throws AppError not_found, session_closed, version_conflict, session_busy
 */
export async function updateSession(
  ctx: Ctx,
  id: string,
  input: z.output<typeof sessionChange>,
  ifMatch: string | undefined,
) {
  const { db, now, actor } = ctx
  const [before] = await store.sessionToWrite(db, id, actor.userId)
  if (before === undefined || before.userId === null) throw unknownSession()
  if (before.status === 'completed' || before.status === 'cancelled')
    throw new AppError('session_closed', 'Cannot update a cancelled or completed session')
  if (ifMatch !== undefined && !names(ifMatch, before)) throw changedMeanwhile()
  if (input.messages !== undefined && before.status === 'in_progress')
    throw new AppError('session_busy', 'Session is already processing')
  const { messages } = input
  const whole = messages !== undefined || ifMatch !== undefined
  const retitled = titleAfter(before, input)
  const changes = {
    ...(retitled === null ? {} : { title: retitled }),
    ...(input.ui_state === undefined ? {} : { uiState: input.ui_state }),
    ...(messages === undefined ? {} : { messageCount: messages.length }),
  }
  try {
    await db.commit([
      store.changeSession(db, before, changes, whole, now),
      db.ensureChanged(),
      ...(messages === undefined
        ? []
        : [clearTranscript(db, id), ...insertTranscript(db, id, rowsOf(messages, now))]),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    const [still] = await store.sessionToWrite(db, id, actor.userId)
    throw still === undefined ? unknownSession() : changedMeanwhile()
  }
  return readSession(ctx, id)
}

const changedMeanwhile = () => new AppError('version_conflict', 'Session was changed by another writer')

const names = (ifMatch: string, { updatedAt }: SessionRow): boolean =>
  ifMatch.trim() === '*' ||
  ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${iso(updatedAt)}"`)

/** The title that was sent; a new one for a session without, once somebody has said something. */
function titleAfter(before: SessionRow, input: z.output<typeof sessionChange>): string | null {
  if (input.title !== undefined) return input.title
  const unnamed = before.title === '' || before.title === 'New Chat'
  return unnamed && input.messages !== undefined ? titleFrom(firstQuestion(input.messages)) : null
}

/** Soft-deletes a session of the caller's; what runs in it is cancelled. @throws AppError not_found */
export async function deleteSession(ctx: Ctx, id: string): Promise<void> {
  if ((await deleteAll(ctx, [id])) === 0) throw unknownSession()
}

export const bulkQuery = z.object({ current_session_id: z.string().optional() })

/** The same for all of the caller's sessions but one; answers how many went. An unknown id spares nothing. */
export async function deleteSessions(
  ctx: Ctx,
  { current_session_id: current }: z.output<typeof bulkQuery>,
): Promise<number> {
  const spared = current === undefined ? null : parseId(current.trim())
  const sessions = await store.idsOfSessions(ctx.db, ctx.actor.userId, spared)
  return deleteAll(
    ctx,
    sessions.map(({ id }) => id),
  )
}

async function deleteAll(ctx: Ctx, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const { db, now, actor, nudge } = ctx
  try {
    const [stopped, , , deleted] = await db.batch([
      cancelRunsIn(db, actor.userId, ids, now),
      closePartials(db, actor.userId, ids),
      announceStopped(db, actor.userId, ids, now),
      store.deleteSessions(db, actor.userId, ids, now),
      db.ensureSomeChanged(),
      audit(db, {
        event: 'chat_session.delete',
        actor: actor.userId,
        subject: ids.length === 1 ? (ids[0] ?? null) : null,
        after: { sessions: ids.length },
        at: now,
      }),
    ])
    for (const run of stopped) nudge.stopped({ ...run, lastSeq: 0 })
    if (stopped.length > 0) nudge.feed(actor.orgId)
    return deleted.length
  } catch (error) {
    // None of them is there any more: nothing was changed, nothing is recorded.
    if (isGuardFailure(error)) return 0
    throw error
  }
}
