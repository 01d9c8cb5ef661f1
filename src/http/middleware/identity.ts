/** Who calls: a session token by header or cookie, a server that vouches for a user, or nobody. */
import { createMiddleware } from 'hono/factory'
import { AppError, unavailable, type ErrorCode } from '../../lib/errors'
import { parseId } from '../../lib/ids'
import { matchesSecret } from '../../lib/secret-compare'
import { signingKeyProblem, verifySession } from '../../lib/session-token'
import type { Actor } from '../../services/context'
import { clearBadCookie, sessionCookie, usesCookie } from '../cookies'
import type { App, AppContext } from '../env'
import { isAccessToken, tokenUser } from './access-token'
import { isListedOrigin } from './cors'
import { directoryOf } from './tenant'

/** Without a valid signing key no identity can be trusted: everything behind this is 503. */
export const requireSigningKey = createMiddleware<App>(async (c, next) => {
  const problem = signingKeyProblem(c.env)
  if (problem !== null) throw unavailable(new Error(problem))
  await next()
})

/**
 * The caller. A session token is verified without any I/O; whether it was revoked is the gate's to say.
 * @throws AppError missing_user_id, unauthenticated, invalid_token, untrusted_identity, identity_mismatch
 */
export async function identify(c: AppContext): Promise<Actor> {
  const authorization = c.req.header('authorization')
  const claimed = c.req.header('x-user-id')?.trim() || null
  const token = authorization === undefined ? sessionCookie(c) : bearerToken(authorization)
  const actor = await actorOf(c, token, claimed)
  const org = c.req.header('x-org-id')?.trim()
  if (org && parseId(org) !== actor.orgId)
    throw new AppError('identity_mismatch', 'Forbidden - organization mismatch')
  return actor
}

/** Access tokens come by header alone: a browser has no business with them. */
async function actorOf(c: AppContext, token: string | null, claimed: string | null): Promise<Actor> {
  if (token === null) return vouchedUser(c, claimed)
  if (!isAccessToken(token) || c.req.header('authorization') === undefined)
    return sessionUser(c, token, claimed)
  const actor = await tokenUser(c, token)
  if (claimed !== null && parseId(claimed) !== actor.userId)
    throw new AppError('identity_mismatch', 'User identity mismatch')
  return actor
}

/** Refuses an unsafe request of a foreign page that rides on the browser's cookie. */
export function refuseCrossSite(c: AppContext): void {
  const upgrade = c.req.header('upgrade')?.toLowerCase() === 'websocket'
  if (SAFE_METHODS.has(c.req.method) && !upgrade) return
  const origin = c.req.header('origin')
  if (origin === undefined || !usesCookie(c) || isOwnOrigin(c, origin)) return
  if (!isListedOrigin(c.env.FRONTEND_URL, origin))
    throw new AppError('origin_not_allowed', 'Cross-site request refused')
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

const isOwnOrigin = (c: AppContext, origin: string): boolean =>
  origin === new URL(c.req.url).origin ||
  (URL.canParse(c.env.PUBLIC_API_URL ?? '') && origin === new URL(c.env.PUBLIC_API_URL ?? '').origin)

/** The token of a bearer header; an empty text, which no token is, for any other scheme. */
const bearerToken = (authorization: string): string =>
  /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1] ?? ''

async function sessionUser(c: AppContext, token: string, claimed: string | null): Promise<Actor> {
  const checked = await verifySession(c.env, token, c.get('now'))
  if (!checked.ok) {
    clearBadCookie(c)
    throw new AppError('invalid_token', 'Invalid or expired session')
  }
  const { userId, orgId, role, sid, expiresAt } = checked.session
  if (claimed !== null && parseId(claimed) !== userId)
    throw new AppError('identity_mismatch', 'User identity mismatch')
  c.set('sessionEndsAt', expiresAt)
  return { userId, orgId, role, sid }
}

/** The user that a trusted server names; organisation and role come from the user's row. */
async function vouchedUser(c: AppContext, claimed: string | null): Promise<Actor> {
  const secret = c.req.header('x-internal-secret')
  const proven =
    secret !== undefined &&
    (await matchesSecret(secret, [c.env.INTERNAL_API_SECRET, c.env.INTERNAL_API_SECRET_PREVIOUS]))
  if (secret !== undefined && !proven) throw untrusted('Untrusted identity header')
  if (claimed === null) throw nobody(c)
  if (!proven && !trustsBareHeader(c)) throw untrusted('Untrusted identity header')
  const id = parseId(claimed)
  const user = id === null ? null : await directoryOf(c).findIdentity(id)
  if (user === null) throw untrusted('Unauthorized - unknown user')
  c.set('sessionEndsAt', null)
  return { ...user, sid: null }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether the request came to a loopback address. */
export const isLocal = (c: AppContext): boolean => LOOPBACK.has(new URL(c.req.url).hostname)

/** Local development only: both the variable and the host must say so. */
export const trustsBareHeader = (c: AppContext): boolean =>
  c.env.TRUST_USER_ID_HEADER === 'true' && isLocal(c)

const untrusted = (message: string): AppError => new AppError('untrusted_identity', message)

/** The incidents family keeps the answer that its clients know. */
function nobody(c: AppContext): AppError {
  const [code, message]: readonly [ErrorCode, string] = c.req.path.startsWith('/api/incidents')
    ? ['missing_user_id', 'Missing user_id']
    : ['unauthenticated', 'Authentication required']
  return new AppError(code, message)
}
