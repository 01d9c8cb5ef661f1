/** What Google Chat tells the app: signed by Google, for this very address. */
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as z from 'zod'
import { ask } from '../../connectors/ask'
import { googleChat } from '../../connectors/google-chat'
import { AppError } from '../../lib/errors'
import { REVALIDATE } from './core-jobs'
import { startJob } from './start-job'
import { vendorCtx, type Ports } from './ports'

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com']
const KEYS = 'https://www.googleapis.com/oauth2/v3/certs'
/** Who sends events for Google Chat. */
const SENDER = 'chat@system.gserviceaccount.com'

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })
const claims = z.looseObject({ email: z.literal(SENDER), email_verified: z.literal(true) })

const invalid = (): AppError => new AppError('invalid_token', 'Invalid signature')

/** The address of the app, which is the audience of every event. */
const eventsUrl = (ports: Ports): string => `${ports.apiBase}/google-chat/events`

/** @throws AppError invalid_token for a request that Google Chat did not sign for this app, upstream_error without Google's keys */
export async function checkChatToken(ports: Ports, authorization: string, now: number): Promise<void> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization)?.[1]
  // Looked at before anything is fetched: strangers' requests cost nobody a call.
  if (token === undefined || !looksRight(token, eventsUrl(ports), now)) throw invalid()
  const keys = await ask(vendorCtx(ports, googleChat).fetch, KEYS, {}, keySet)
  if (keys.kind !== 'ok')
    throw new AppError('upstream_error', 'Google did not answer', { details: { reason: 'unreachable' } })
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.value), {
      issuer: ISSUERS,
      audience: eventsUrl(ports),
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat'],
      currentDate: new Date(now),
    })
    claims.parse(payload)
  } catch {
    throw invalid()
  }
}

function looksRight(token: string, audience: string, now: number): boolean {
  try {
    const { aud, iss, exp = 0, email } = decodeJwt(token)
    const right = ISSUERS.includes(iss ?? '') && aud === audience && exp * 1000 > now - 60_000
    return right && email === SENDER && decodeProtectedHeader(token).alg === 'RS256'
  } catch {
    return false
  }
}

const event = z.looseObject({
  type: z.string(),
  space: z.looseObject({ name: z.string().max(200) }).nullish(),
})

/** The app was put out of a space: whether the connection still works is asked of Google, since no event ends one by itself. */
export async function takeChatEvent(ports: Ports, body: unknown, now: number): Promise<void> {
  const told = event.safeParse(body)
  if (!told.success) throw new AppError('validation_failed', 'Invalid event')
  const { type, space } = told.data
  if (type !== 'REMOVED_FROM_SPACE' || space == null) return
  for (const row of await ports.connectionsOf(googleChat.id, space.name))
    await startJob(ports.tenant(row.orgId), ports, row, REVALIDATE, { userId: row.userId, now })
}
