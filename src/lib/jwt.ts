/** JWTs signed with HS256 and nothing else (RFC 7519). */
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { SECOND } from './time'

const ALGORITHM = 'HS256'
const MAX_KEYS = 8

export interface IssuedToken {
  readonly token: string
  /** ms since the epoch, a whole second. */
  readonly expiresAt: number
}

/** Why a token was refused; for the log, clients are told the same in both cases. */
export type TokenRefusal = 'invalid' | 'expired'

export type VerifiedJwt =
  /** `secret` is the one that it was signed with. */
  | { readonly ok: true; readonly payload: JWTPayload; readonly secret: string }
  | { readonly ok: false; readonly reason: TokenRefusal }

/** A token with these claims that is valid from the second of `now` (ms) for `lifeMs`. */
export async function signJwt(
  secret: string,
  claims: JWTPayload,
  lifeMs: number,
  now: number,
): Promise<IssuedToken> {
  const issued = Math.floor(now / SECOND)
  const expires = issued + lifeMs / SECOND
  const token = await new SignJWT({ ...claims, iat: issued, exp: expires })
    .setProtectedHeader({ alg: ALGORITHM })
    .sign(await keyOf(secret))
  return { token, expiresAt: expires * SECOND }
}

/** The claims of a token signed with one of the secrets and not expired at `now` (ms); their shape is not checked. */
export async function verifyJwt(
  token: string,
  secrets: readonly string[],
  now: number,
): Promise<VerifiedJwt> {
  for (const secret of secrets) {
    const key = await keyOf(secret)
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM], currentDate: new Date(now) })
      return { ok: true, payload, secret }
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' }
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return { ok: false, reason: 'invalid' }
    }
  }
  return { ok: false, reason: 'invalid' }
}

/** Imported keys by secret: an import on each call costs a fifth of a verification. Keys, not promises, which die with their request. */
const keys = new Map<string, CryptoKey>()

async function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const bytes = new TextEncoder().encode(secret)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
  if (keys.size >= MAX_KEYS) keys.clear()
  keys.set(secret, key)
  return key
}
