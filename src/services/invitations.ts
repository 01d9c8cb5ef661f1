/** Invitations of users into the caller's organisation, and the caller's answers to invitations. */
import * as z from 'zod'
import { AppError, forbidden, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { sha256Hex } from '../lib/hmac'
import { newId } from '../lib/ids'
import { newSecretToken } from '../lib/secret-token'
import { DAY, MINUTE } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/invitations'
import type { Joining } from '../store/joining'
import { memberByEmail } from '../store/members'
import type { TenantDb } from '../store/tenant-db'
import type { SessionGate } from './auth'
import { requireRole, type Ctx } from './context'
import { address, alreadyMember, role } from './members'
import { keep, REVOCATION, revocationOf } from './revocation'

/** How long an invitation waits. */
const INVITATION_MS = 7 * DAY
const MOST_PENDING = 100
const PREFIX = 'aur_inv_'

export const newInvitation = z.object({ email: address, role })

export const invitationToken = z.object({
  token: text({ error: 'Token is required', max: 200, tooLong: 'Invitation not found' }),
})

/** Where an invitation stands for a reader: one that nobody answered in time is expired. */
export const stateOf = ({ state, expiresAt }: store.InvitationRow, now: number) =>
  state === 'pending' && expiresAt <= now ? ('expired' as const) : state

/**
 * A new invitation; its token is in this answer alone, since no mail is sent.
 * @throws AppError forbidden, already_exists, conflict
 */
export async function invite(ctx: Ctx, input: z.output<typeof newInvitation>) {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [colleague] = await memberByEmail(db, input.email)
  if (colleague !== undefined) throw alreadyMember()
  const token = newSecretToken(PREFIX)
  const row: store.InvitationRow = {
    id: newId(now),
    orgId: db.orgId,
    email: input.email,
    role: input.role,
    tokenHash: await sha256Hex(token),
    state: 'pending',
    invitedBy: actor.userId,
    expiresAt: now + INVITATION_MS,
    decidedAt: null,
    createdAt: now,
  }
  const after = { role: row.role }
  try {
    await db.batch([
      store.clearExpired(db, row.email, now),
      store.insertInvitation(db, row),
      store.ensureFewPending(db, now, MOST_PENDING),
      audit(db, { event: 'invitation.created', actor: actor.userId, subject: row.id, after, at: now }),
    ])
  } catch (error) {
    if (isUniqueViolation(error))
      throw new AppError('already_exists', 'This user is already invited to your organization')
    if (isGuardFailure(error)) throw new AppError('conflict', 'Invitation limit reached')
    throw error
  }
  return { row, token }
}

/** The newest first. @throws AppError forbidden */
export async function listInvitations(ctx: Ctx): Promise<readonly store.InvitationRow[]> {
  requireRole(ctx, 'admin')
  return store.invitationsOf(ctx.db)
}

/** @throws AppError forbidden, not_found, conflict (it no longer waits) */
export async function cancelInvitation(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  try {
    await db.batch([
      store.cancelInvitation(db, id, now),
      db.ensureChanged(),
      audit(db, { event: 'invitation.cancelled', actor: actor.userId, subject: id, at: now }),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    const [row] = await store.invitationById(db, id)
    if (row === undefined) throw unknown()
    throw over(row, now)
  }
}

/**
 * Moves the caller into the inviting organisation. Every session ends: the next login is one of the new organisation.
 * @throws AppError not_found, forbidden (another e-mail), conflict (it no longer waits, or the caller may not leave), unavailable
 */
export async function acceptInvitation(
  ctx: Ctx,
  joining: Joining,
  gate: SessionGate,
  databaseOf: (orgId: string) => TenantDb,
  { token }: z.output<typeof invitationToken>,
) {
  const { actor, now } = ctx
  const { invitation, orgName } = await readInvitation(ctx, joining, token)
  if (invitation.orgId === actor.orgId)
    throw new AppError('conflict', 'You are already a member of this organization')
  const mover = { userId: actor.userId, orgId: actor.orgId }
  if (!(await joining.mayLeave(mover))) throw notFree()
  const revocation = revocationOf(actor.userId)
  try {
    await joining.accept({
      ...mover,
      invitation,
      now,
      revocation: {
        kind: REVOCATION,
        dedupeKey: revocation.key,
        payload: { userId: revocation.userId, key: revocation.key },
        nextAt: now + MINUTE,
      },
    })
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    // Somebody was faster: with the same invitation, or by moving into the organisation that was to be left.
    await readInvitation(ctx, joining, token)
    throw notFree()
  }
  await keep(databaseOf(invitation.orgId), revocation, gate)
  return { orgId: invitation.orgId, orgName, role: invitation.role }
}

/** @throws AppError not_found, forbidden, conflict */
export async function declineInvitation(
  ctx: Ctx,
  joining: Joining,
  { token }: z.output<typeof invitationToken>,
): Promise<void> {
  const { invitation } = await readInvitation(ctx, joining, token)
  try {
    await joining.decline(invitation, ctx.actor.userId, ctx.now)
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    await readInvitation(ctx, joining, token)
    throw error
  }
}

/** The invitation that the caller may answer. */
async function readInvitation({ actor, now }: Ctx, joining: Joining, token: string) {
  const { invitation, orgName, email } = await joining.findInvitation(await sha256Hex(token), actor.userId)
  if (invitation === null) throw unknown()
  if (invitation.email !== email) throw forbidden('This invitation is for another e-mail address')
  if (stateOf(invitation, now) !== 'pending') throw over(invitation, now)
  return { invitation, orgName }
}

const unknown = () => notFound('Invitation not found')

const over = (row: store.InvitationRow, now: number) => {
  const state = stateOf(row, now)
  return new AppError(
    'conflict',
    state === 'expired' ? 'Invitation has expired' : `Invitation was already ${state}`,
  )
}

const notFree = () =>
  new AppError('conflict', 'Your organization has other members or incidents, so you cannot leave it')
