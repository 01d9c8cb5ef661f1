/** Tickets for WebSocket upgrades, which cannot carry a header from a browser. */
import { forbidden } from '../lib/errors'
import { newId } from '../lib/ids'
import { issueTicket, type TokenSecrets } from '../lib/session-token'
import type { Ctx } from './context'

/**
 * A ticket for one upgrade. It stands for the calling session; for a caller without one, for a session that begins now,
 * so that what revokes all sessions of the user ends the socket, too.
 * @throws AppError forbidden (an access token that only reads: a socket takes questions)
 */
export async function openTicket({ actor, now }: Ctx, secrets: TokenSecrets) {
  if (actor.token?.scope === 'read') throw forbidden()
  return issueTicket(secrets, { userId: actor.userId, orgId: actor.orgId, sid: actor.sid ?? newId(now) }, now)
}
