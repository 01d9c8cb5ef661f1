/** Who opens a WebSocket: a ticket in the address, or what any other request shows. */
import { AppError, unavailable } from '../../lib/errors'
import { timeOfId } from '../../lib/ids'
import { gateName } from '../../lib/limits'
import { SESSION_MS, verifyTicket } from '../../lib/session-token'
import { within } from '../../lib/within'
import type { Actor } from '../../services/context'
import { sessionCookie } from '../cookies'
import type { AppContext } from '../env'
import { admitCaller, exceedsScope } from './admission'
import { enterGate } from './gate'
import { refuseCrossSite, trustsBareHeader } from './identity'
import { directoryOf } from './tenant'

const DEADLINE_MS = 3000

export interface Caller {
  readonly actor: Actor
  /** When the socket has to end, ms; null where no session stands behind it. */
  readonly expiresAt: number | null
}

/** Opening counts as one request. @throws AppError of identity and gate, origin_not_allowed, forbidden */
export async function identifySocket(c: AppContext): Promise<Caller> {
  const ticket = c.req.query('token')
  if (ticket !== undefined && ticket !== '') return ticketHolder(c, ticket)
  refuseCrossSite(c)
  const actor = await admitCaller(c, { bucket: 'default' })
  if (exceedsScope(c, actor)) throw new AppError('forbidden', 'Forbidden')
  return { actor, expiresAt: c.var.sessionEndsAt }
}

/** Whether nobody is named at all, and local development lets the first frame say who it is. */
export const mayNameUserLater = (c: AppContext): boolean =>
  trustsBareHeader(c) &&
  sessionCookie(c) === null &&
  !['authorization', 'x-user-id', 'x-internal-secret'].some((name) => c.req.header(name) !== undefined) &&
  !c.req.query('token')

/** A user named by the first frame, in local development. @throws AppError untrusted_identity and of the gate */
export async function namedUser(c: AppContext, userId: string): Promise<Caller> {
  const user = await directoryOf(c).findIdentity(userId)
  if (user === null) throw new AppError('untrusted_identity', 'Unauthorized - unknown user')
  const actor = { ...user, sid: null }
  await enterGate(c, actor, { bucket: 'default' })
  return { actor, expiresAt: null }
}

/** Each ticket opens one socket. The role comes from the user's row; a session behind the ticket must still be open. */
async function ticketHolder(c: AppContext, token: string): Promise<Caller> {
  const refused = new AppError('invalid_token', 'Invalid or expired session')
  const checked = await verifyTicket(c.env, token, c.var.now)
  if (!checked.ok) throw refused
  const { userId, orgId, sid, jti, expiresAt } = checked.ticket
  const user = await directoryOf(c).findIdentity(userId)
  if (user?.orgId !== orgId) throw refused
  const actor = { userId, orgId, role: user.role, sid }
  await enterGate(c, actor, { bucket: 'default' })
  const first = await within(
    DEADLINE_MS,
    Promise.resolve(c.env.GATE.getByName(gateName.user(userId)).useTicket(jti, expiresAt)),
  ).catch((error: unknown) => {
    throw unavailable(error)
  })
  if (!first) throw refused
  return { actor, expiresAt: sid === null ? null : timeOfId(sid) + SESSION_MS }
}
