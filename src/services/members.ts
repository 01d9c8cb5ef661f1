/** Members of the caller's organisation and their roles. */
import * as z from 'zod'
import { AppError, notFound, unavailable } from '../lib/errors'
import { codePoints, optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { hashPassword, type PasswordSettings } from '../lib/passwords'
import { ROLES, type Role } from '../lib/session-token'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/members'
import { isEmail, type SessionGate } from './auth'
import { requireRole, type Ctx } from './context'
import { keep, promise, revocationOf } from './revocation'

const PASSWORD = 'Password is required when creating a new account'

export const role = z.enum(ROLES, { error: `Invalid role. Must be one of: ${ROLES.join(', ')}` })

export const address = text({ error: 'Email is required' })
  .transform((email) => email.toLowerCase())
  .refine(isEmail, 'Invalid email address')

export const newMember = z
  .object({
    email: address,
    role: optional(role),
    name: optional(text({ error: 'Invalid name', min: 0, max: 255 })),
    check_only: optional(z.boolean({ error: 'Invalid check_only' })),
    password: optional(z.string({ error: PASSWORD })),
  })
  .superRefine(({ password = '', check_only = false }, context) => {
    const problem = check_only ? null : passwordProblem(password)
    if (problem !== null) context.addIssue({ code: 'custom', path: ['password'], message: problem })
  })

export const roleChange = z.object({ role })

function passwordProblem(password: string): string | null {
  if (password === '' || password.includes('\u0000')) return PASSWORD
  if (codePoints(password) < 8) return 'Password must be at least 8 characters'
  return codePoints(password) > 128 ? 'Password must be at most 128 characters' : null
}

/** The gate of any user of the organisation. */
export type GateOf = (userId: string) => SessionGate

/** Oldest first. @throws AppError forbidden */
export async function listMembers(ctx: Ctx): Promise<readonly store.MemberRow[]> {
  requireRole(ctx, 'admin')
  return store.membersOf(ctx.db)
}

export type Admission = { readonly exists: boolean } | { readonly member: store.MemberRow }

/**
 * A new user with a first password that they must change, or only whether the address is taken.
 * @param isTaken whether any user, of whichever organisation, has this address
 * @throws AppError forbidden, already_exists, unavailable
 */
export async function admitMember(
  ctx: Ctx,
  settings: PasswordSettings,
  gateOf: GateOf,
  isTaken: (email: string) => Promise<boolean>,
  input: z.output<typeof newMember>,
): Promise<Admission> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  if (input.check_only === true) return { exists: await isTaken(input.email) }
  const [colleague] = await store.memberByEmail(db, input.email)
  if (colleague !== undefined) throw alreadyMember()
  if (await isTaken(input.email)) throw emailTaken()
  const hashed = await hashPassword(settings, input.password ?? '')
  if (!hashed.ok) throw unavailable(new Error('too many passwords are being hashed'))

  const member: store.MemberRow = {
    id: newId(now),
    email: input.email,
    name: input.name || null,
    role: input.role ?? 'viewer',
    createdAt: now,
  }
  // The gate first: nobody may get in between. A gate of a user who never comes to be harms nobody.
  await gateOf(member.id).setMustChangePassword(true)
  try {
    await db.batch([
      store.insertMember(db, {
        ...member,
        passwordHash: hashed.hash,
        mustChangePassword: true,
        updatedAt: now,
      }),
      audit(db, {
        event: 'member.created',
        actor: actor.userId,
        subject: member.id,
        after: { role: member.role },
        at: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw emailTaken()
    throw error
  }
  return { member }
}

/** @throws AppError forbidden, not_found */
export async function readRole(ctx: Ctx, userId: string): Promise<Role> {
  requireRole(ctx, 'admin')
  return (await memberOrThrow(ctx, userId)).role
}

/** Gives a member this role; whatever they are signed in with ends. @throws AppError forbidden, not_found, conflict, unavailable */
export const giveRole = (ctx: Ctx, gateOf: GateOf, userId: string, to: Role): Promise<Role> =>
  changeRole(ctx, gateOf, userId, () => to)

/** Takes a role away: the member falls back to viewer. A role they do not have changes nothing. */
export const takeRole = (ctx: Ctx, gateOf: GateOf, userId: string, taken: Role): Promise<Role> =>
  changeRole(ctx, gateOf, userId, (current) => (current === taken ? 'viewer' : current))

async function changeRole(
  ctx: Ctx,
  gateOf: GateOf,
  userId: string,
  decide: (current: Role) => Role,
): Promise<Role> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const { role: from } = await memberOrThrow(ctx, userId)
  const to = decide(from)
  if (to === from) return to
  const revocation = revocationOf(userId)
  try {
    await db.batch([
      store.setRole(db, { userId, from, to, now }),
      db.ensureChanged(),
      audit(db, {
        event: 'member.role_changed',
        actor: actor.userId,
        subject: userId,
        before: { role: from },
        after: { role: to },
        at: now,
      }),
      promise(db, revocation, now),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    // Somebody else changed the same role in this moment, which another look shows; else this was the last admin.
    const { role: current } = await memberOrThrow(ctx, userId)
    if (current !== from) throw new AppError('conflict', 'Role was changed by another writer')
    throw lastAdmin()
  }
  await keep(db, revocation, gateOf(userId))
  return to
}

/**
 * Removes a member: sessions end, running answers are cancelled, chats, preferences and tokens go; incidents stay.
 * @throws AppError forbidden, invalid_state (oneself), not_found, conflict (the last admin), unavailable
 */
export async function removeMember(ctx: Ctx, gateOf: GateOf, userId: string): Promise<void> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  if (userId === actor.userId) throw new AppError('invalid_state', 'Cannot delete your own account')
  const member = await memberOrThrow(ctx, userId)
  const running = await store.openAnswers(db, userId)
  const revocation = revocationOf(userId)
  try {
    await db.commit([
      store.removeMember(db, userId),
      db.ensureChanged(),
      ...store.closeChats(db, userId, now),
      ...store.removeBelongings(db, userId),
      audit(db, {
        event: 'member.removed',
        actor: actor.userId,
        subject: userId,
        before: { role: member.role },
        at: now,
      }),
      promise(db, revocation, now),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    // Gone by another hand is not found; else this was the last admin.
    await memberOrThrow(ctx, userId)
    throw lastAdmin()
  }
  for (const run of running) ctx.nudge.stopped(run)
  await keep(db, revocation, gateOf(userId))
}

async function memberOrThrow({ db }: Ctx, userId: string): Promise<store.MemberRow> {
  const [member] = await store.memberById(db, userId)
  if (member === undefined) throw notFound('User not found in this organization')
  return member
}

export const alreadyMember = () =>
  new AppError('already_exists', 'This user is already a member of your organization')
const emailTaken = () => new AppError('already_exists', 'A user with this email already exists')
const lastAdmin = () => new AppError('conflict', 'Organization must keep at least one admin')
