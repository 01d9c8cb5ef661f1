/** Who may follow what: asked before a stream opens. */
import { notFound } from '../lib/errors'
import { incidentToFollow, sessionToFollow } from '../store/feed'
import type { Ctx } from './context'

/** @throws AppError not_found for an incident that the caller's organisation does not have; a merged one can be followed. */
export async function followIncident(ctx: Ctx, incidentId: string): Promise<void> {
  const [incident] = await incidentToFollow(ctx.db, incidentId)
  if (incident === undefined) throw notFound('Incident not found')
}

/**
 * The caller's own session, or an investigation's, which belongs to the whole organisation.
 * @throws AppError not_found for every other, a deleted one and one that a merge closed.
 */
export async function followSession(ctx: Ctx, sessionId: string): Promise<void> {
  const [session] = await sessionToFollow(ctx.db, sessionId)
  const { userId } = ctx.actor
  if (session === undefined || (session.userId !== null && session.userId !== userId))
    throw notFound('Chat session not found')
}
