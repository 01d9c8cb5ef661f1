/** Personal access tokens: one indexed read, kept for a few seconds. */
import { AppError } from '../../lib/errors'
import { sha256Hex } from '../../lib/hmac'
import { SECOND } from '../../lib/time'
import { isAccessToken } from '../../services/access-tokens'
import type { Actor } from '../../services/context'
import type { AppContext } from '../env'
import { directoryOf } from './tenant'

export { isAccessToken }

/**
 * How long an isolate believes what it read. Nobody notices: the gate, which every request passes, tells when the token
 * was revoked or its owner changed, and then the row is read again.
 */
const KEPT_MS = 5 * SECOND
const MOST = 1000

interface Known {
  readonly actor: Actor
  readonly expiresAt: number | null
  readonly readAt: number
}

const known = new Map<string, Known>()

/** The owner of a token. @throws AppError invalid_token, session_revoked */
export async function tokenUser(c: AppContext, token: string): Promise<Actor> {
  const hash = await sha256Hex(token)
  const found = known.get(hash)
  const { actor, expiresAt } =
    found === undefined || Date.now() - found.readAt >= KEPT_MS ? await readOwner(c, hash) : found
  if (expiresAt !== null && expiresAt <= c.var.now) throw refused()
  c.set('sessionEndsAt', expiresAt)
  return actor
}

/** Whatever is known of this token is out of date. */
export async function forgetToken(token: string): Promise<void> {
  known.delete(await sha256Hex(token))
}

async function readOwner(c: AppContext, hash: string): Promise<Known> {
  // The time before the read: a change in between makes it stale.
  const readAt = Date.now()
  const owner = await directoryOf(c).findAccessToken(hash)
  if (owner === null) throw refused()
  if (owner.revokedAt !== null) throw new AppError('session_revoked', 'Session has been revoked')
  const { userId, orgId, role, tokenId, scope, expiresAt } = owner
  const fresh = {
    actor: { userId, orgId, role, sid: null, token: { id: tokenId, scope, readAt } },
    expiresAt,
    readAt,
  }
  if (known.size >= MOST) known.clear()
  known.set(hash, fresh)
  return fresh
}

const refused = () => new AppError('invalid_token', 'Invalid or expired session')
