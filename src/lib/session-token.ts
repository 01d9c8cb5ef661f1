/** Session tokens and WebSocket tickets: JWTs signed with HS256. Verification answers a union and never throws for a bad token. */
import type { JWTPayload } from 'jose'
import * as z from 'zod'
import { unavailable } from './errors'
import { newId } from './ids'
import { type IssuedToken, signJwt, type TokenRefusal, verifyJwt } from './jwt'
import { DAY, SECOND } from './time'

export const ROLES = ['admin', 'editor', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** Life of a session: seven days, never prolonged. */
export const SESSION_MS = 7 * DAY
/** Life of a WebSocket ticket. */
export const TICKET_MS = 120 * SECOND

const TICKET_AUDIENCE = 'chatbot-ws'
/** Frontends that share the internal secret sign their own tickets with a key derived from it by this suffix. */
const TICKET_KEY_SUFFIX = 'aurora:ws-token-signing'
const MIN_SECRET_BYTES = 32

export interface TokenSecrets {
  readonly JWT_SECRET?: string | undefined
  readonly JWT_SECRET_PREVIOUS?: string | undefined
  readonly INTERNAL_API_SECRET?: string | undefined
}

export interface SessionIdentity {
  readonly userId: string
  readonly orgId: string
  readonly role: Role
  /** UUID v7, carries the session's opening time. */
  readonly sid: string
}

interface Session extends SessionIdentity {
  /** ms since the epoch. */
  readonly expiresAt: number
}

export interface TicketIdentity {
  readonly userId: string
  readonly orgId: string
  /** Null where the ticket stands for no session: service calls and tickets minted by a frontend. */
  readonly sid: string | null
}

interface Ticket extends TicketIdentity {
  readonly jti: string
  readonly expiresAt: number
}

export type SessionCheck =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly reason: TokenRefusal }
export type TicketCheck =
  | { readonly ok: true; readonly ticket: Ticket }
  | { readonly ok: false; readonly reason: TokenRefusal }

const id = z.guid().toLowerCase()
const seconds = z.int().nonnegative()

const sessionClaims = z.object({
  sub: id,
  org: id,
  role: z.enum(ROLES),
  sid: z.uuidv7().toLowerCase(),
  iat: seconds,
  exp: seconds,
  aud: z.undefined().optional(),
})

const ticketClaims = z
  .object({
    userId: id,
    orgId: id,
    sid: z.uuidv7().toLowerCase().nullish(),
    aud: z.literal(TICKET_AUDIENCE),
    jti: z.string().min(1).max(128),
    iat: seconds,
    exp: seconds,
  })
  .refine(({ iat, exp }) => (exp - iat) * SECOND <= TICKET_MS)

/** What is wrong with `JWT_SECRET`, or null. Without a valid one nothing may be served but health. */
export function signingKeyProblem({ JWT_SECRET }: TokenSecrets): string | null {
  if (JWT_SECRET === undefined || JWT_SECRET === '') return 'JWT_SECRET is not set'
  return isLongEnough(JWT_SECRET) ? null : `JWT_SECRET is shorter than ${MIN_SECRET_BYTES} bytes`
}

/** A token for a new session; ends seven days after `now` (ms). */
export async function issueSession(
  secrets: TokenSecrets,
  { userId, orgId, role, sid }: SessionIdentity,
  now: number,
): Promise<IssuedToken> {
  return sign(secrets, { sub: userId, org: orgId, role, sid }, SESSION_MS, now)
}

/** A ticket for one WebSocket upgrade; ends two minutes after `now` (ms). */
export async function issueTicket(
  secrets: TokenSecrets,
  { userId, orgId, sid }: TicketIdentity,
  now: number,
): Promise<IssuedToken> {
  const claims = { userId, orgId, ...(sid === null ? {} : { sid }), aud: TICKET_AUDIENCE, jti: newId(now) }
  return sign(secrets, claims, TICKET_MS, now)
}

/** The session a token stands for. Whether it was revoked only the user's gate knows. */
export async function verifySession(
  secrets: TokenSecrets,
  token: string,
  now: number,
): Promise<SessionCheck> {
  const known = verified.get(token)
  if (known !== undefined && now < known.session.expiresAt && signsOurs(secrets, known.secret))
    return { ok: true, session: known.session }
  const checked = await verifyJwt(token, ownSecrets(secrets), now)
  if (!checked.ok) return checked
  const claims = sessionClaims.safeParse(checked.payload)
  if (!claims.success) return { ok: false, reason: 'invalid' }
  const { sub, org, role, sid, exp } = claims.data
  const session = { userId: sub, orgId: org, role, sid, expiresAt: exp * SECOND }
  if (verified.size >= MOST_VERIFIED) verified.clear()
  verified.set(token, { session, secret: checked.secret })
  return { ok: true, session }
}

const MOST_VERIFIED = 1000

/**
 * Tokens whose signature was checked. What a token says never changes, so it is checked once; it counts until it ends or
 * its secret is taken away.
 */
const verified = new Map<string, { readonly session: Session; readonly secret: string }>()

const signsOurs = ({ JWT_SECRET, JWT_SECRET_PREVIOUS }: TokenSecrets, secret: string): boolean =>
  secret === JWT_SECRET || secret === JWT_SECRET_PREVIOUS

/** The user a ticket stands for. That it is used once only the user's gate can promise. */
export async function verifyTicket(secrets: TokenSecrets, token: string, now: number): Promise<TicketCheck> {
  const shared = secrets.INTERNAL_API_SECRET
  const own = await verifyJwt(token, ownSecrets(secrets), now)
  const checked =
    own.ok || own.reason === 'expired' || shared === undefined || shared === ''
      ? own
      : await verifyJwt(token, [shared + TICKET_KEY_SUFFIX], now)
  if (!checked.ok) return checked
  const claims = ticketClaims.safeParse(checked.payload)
  if (!claims.success) return { ok: false, reason: 'invalid' }
  const { userId, orgId, sid, jti, exp } = claims.data
  // A ticket that a frontend minted names no session of ours, whatever it says.
  return {
    ok: true,
    ticket: { userId, orgId, sid: own.ok ? (sid ?? null) : null, jti, expiresAt: exp * SECOND },
  }
}

function sign(secrets: TokenSecrets, claims: JWTPayload, lifeMs: number, now: number): Promise<IssuedToken> {
  const secret = secrets.JWT_SECRET
  const problem = signingKeyProblem(secrets)
  if (secret === undefined || problem !== null) throw unavailable(new Error(problem ?? 'no signing key'))
  return signJwt(secret, claims, lifeMs, now)
}

/** No character takes less than a byte, so a text that is long enough needs not be encoded. */
const isLongEnough = (secret: string): boolean =>
  secret.length >= MIN_SECRET_BYTES || new TextEncoder().encode(secret).length >= MIN_SECRET_BYTES

/** The secrets that verify, current first. A short one can never have signed. */
const ownSecrets = ({ JWT_SECRET = '', JWT_SECRET_PREVIOUS = '' }: TokenSecrets): readonly string[] =>
  [JWT_SECRET, JWT_SECRET_PREVIOUS].filter(isLongEnough)
