/** Chat sessions: threads of a person, and the investigation session that each incident has. */
import { notFound } from '../lib/errors'
import { messagesOf, readableSession } from '../store/chat-sessions'
import type { Ctx } from './context'

export type { MessageRow, SessionRow } from '../store/session-rows'

/** A session with its newest messages, as of one moment. One round trip. @throws AppError not_found */
export async function readSession(ctx: Ctx, id: string) {
  const [[session], messages] = await ctx.db.batch([
    readableSession(ctx.db, id, ctx.actor.userId),
    messagesOf(ctx.db, id),
  ])
  if (session === undefined) throw notFound('Chat session not found')
  return { session, messages }
}
