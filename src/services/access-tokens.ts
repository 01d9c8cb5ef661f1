/** Personal access tokens, for scripts that act as their owner. */
import * as z from 'zod'
import { AppError, forbidden, notFound } from '../lib/errors'
import { optional, text } from '../lib/fields'
import { sha256Hex } from '../lib/hmac'
import { newId } from '../lib/ids'
import { newSecretToken } from '../lib/secret-token'
import { MINUTE } from '../lib/time'
import * as store from '../store/access-tokens'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import type { SessionGate } from './auth'
import type { Ctx } from './context'

const PREFIX = 'aur_pat_'
const TOKEN = /^aur_pat_[\w-]{43}$/
const MOST = 50

/** Whether a credential is an access token rather than a session token. */
export const isAccessToken = (credential: string): boolean => TOKEN.test(credential)

export const newAccessToken = z.object({
  name: text({ error: 'Invalid name', max: 100 }),
  scope: optional(z.enum(['read', 'write'], { error: 'Invalid scope. Must be one of: read, write' })),
  expiresAt: optional(
    z.iso.datetime({ offset: true, error: 'Invalid expiresAt' }).transform((value) => Date.parse(value)),
  ),
})

/**
 * A new token of the caller; its text is in this answer alone.
 * @throws AppError forbidden (a token makes no tokens), validation_failed, conflict
 */
export async function createAccessToken(ctx: Ctx, input: z.output<typeof newAccessToken>) {
  const { db, actor, now } = ctx
  if (actor.token !== undefined) throw forbidden()
  const expiresAt = input.expiresAt ?? null
  if (expiresAt !== null && expiresAt <= now)
    throw new AppError('validation_failed', 'expiresAt must be in the future')
  const token = newSecretToken(PREFIX)
  const row: store.AccessTokenRow = {
    id: newId(now),
    orgId: db.orgId,
    userId: actor.userId,
    name: input.name,
    scope: input.scope ?? 'read',
    tokenHash: await sha256Hex(token),
    tokenSuffix: token.slice(-4),
    expiresAt,
    revokedAt: null,
    createdAt: now,
  }
  const after = { name: row.name, scope: row.scope, expiresAt }
  try {
    await db.batch([
      store.insertToken(db, row),
      store.ensureFew(db, actor.userId, MOST),
      audit(db, { event: 'token.created', actor: actor.userId, subject: row.id, after, at: now }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Token limit reached')
    throw error
  }
  return { row, token }
}

/** The caller's tokens that were not revoked, oldest first. */
export const listAccessTokens = ({ db, actor }: Ctx) => store.tokensOf(db, actor.userId)

/** Ends a token of the caller, with its next request. @throws AppError not_found, unavailable */
export async function revokeAccessToken(ctx: Ctx, gate: SessionGate, id: string): Promise<void> {
  const { db, actor, now } = ctx
  try {
    await db.batch([
      store.revokeToken(db, { id, userId: actor.userId, now }),
      db.ensureChanged(),
      audit(db, { event: 'token.revoked', actor: actor.userId, subject: id, at: now }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw notFound('Token not found')
    throw error
  }
  // Isolates that read the row before know for seconds; the gate remembers for longer than that.
  await gate.revoke({ sid: id, expiresAt: Date.now() + MINUTE })
}
