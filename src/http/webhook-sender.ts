/** Reads out of a webhook request who claims to send it. */
import type { AlertSource } from '../alerts/source'
import { AppError, unavailable } from '../lib/errors'
import { parseId } from '../lib/ids'
import type { Actor } from '../services/context'
import { isIngestToken } from '../services/ingest-token'
import { integrationForMember } from '../services/create-integration'
import type { Sender } from '../services/resolve-sender'
import type { AppContext } from './env'
import { enterGate } from './middleware/gate'
import { identify, refuseCrossSite, trustsBareHeader } from './middleware/identity'
import { directoryOf, openContext } from './middleware/tenant'

/** A key in the path: an ingest token, or an id that needs a second proof. */
export async function senderFromKey(
  c: AppContext,
  source: AlertSource,
  key: string,
  userAllowed: boolean,
): Promise<Sender> {
  if (isIngestToken(key)) return { kind: 'token', token: key, from: 'path' }
  const id = parseId(key)
  if (id === null) return { kind: 'nobody' }
  const token = headerToken(c)
  if (token === null && userAllowed && trustsBareHeader(c)) {
    const identity = await orUnavailable(directoryOf(c).findIdentity(id))
    if (identity !== null) return memberOf(c, source, { ...identity, sid: null }, 'local')
  }
  return { kind: 'id', id, userAllowed, headerToken: token }
}

/** No key in the path: the first credential that is present decides, a bad one is not skipped. */
export async function senderFromHeaders(c: AppContext, source: AlertSource): Promise<Sender> {
  const token = headerToken(c)
  if (token !== null) {
    if (!isIngestToken(token)) throw new AppError('invalid_token', 'Invalid webhook token')
    return { kind: 'token', token, from: 'header' }
  }
  refuseCrossSite(c)
  const actor = await identify(c)
  await enterGate(c, actor, { bucket: 'default' })
  const vouched = actor.sid !== null || c.req.header('x-internal-secret') !== undefined
  return memberOf(c, source, actor, vouched ? 'session' : 'local')
}

async function memberOf(
  c: AppContext,
  source: AlertSource,
  actor: Actor,
  proof: 'session' | 'local',
): Promise<Sender> {
  const integration = await orUnavailable(integrationForMember(openContext(c, actor), source))
  return { kind: 'member', integration, proof }
}

/** A sender whose delivery cannot be stored now is asked to come again. */
const orUnavailable = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof AppError ? error : unavailable(error)
  })

/** The token that a header or the query carries; null when none does (a product token in `Authorization` is none). */
export function headerToken(c: AppContext): string | null {
  const own = c.req.header('x-aurora-token')
  if (own !== undefined) return own.trim()
  const authorization = c.req.header('authorization')?.trim()
  const bearer = authorization === undefined ? null : /^bearer\s+(\S+)$/i.exec(authorization)?.[1]
  if (bearer !== undefined && bearer !== null && bearer.split('.').length !== 3) return bearer
  const basic = authorization === undefined ? null : /^basic\s+(\S+)$/i.exec(authorization)?.[1]
  if (basic !== undefined && basic !== null) return passwordOf(basic)
  if (bearer !== undefined && bearer !== null) return null
  return c.req.header('cf-webhook-auth')?.trim() ?? c.req.query('token') ?? null
}

function passwordOf(basic: string): string {
  try {
    const text = atob(basic)
    return text.slice(text.indexOf(':') + 1)
  } catch {
    return ''
  }
}
