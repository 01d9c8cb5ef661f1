/** Registration, login, logout and passwords. */
import * as z from 'zod'
import { AppError, notFound, unavailable } from '../lib/errors'
import { codePoints, optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { hashPassword, verifyPassword, type PasswordSettings } from '../lib/passwords'
import { issueSession, type TokenSecrets } from '../lib/session-token'
import { iso } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import type { Directory, Member } from '../store/directory'
import { replacePassword, selectMember } from '../store/users'
import type { Ctx, Role } from './context'

const CREDENTIALS = 'Email and password are required'
const BOTH_PASSWORDS = 'Current and new password are required'

/** Whether a normalised address looks like one. */
export const isEmail = (email: string): boolean =>
  codePoints(email) <= 254 && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)

/** The rules for a password that `which` names. */
const password = (which: string) =>
  z
    .string()
    .refine((it) => codePoints(it) >= 8, `${which} must be at least 8 characters`)
    .refine((it) => codePoints(it) <= 128, `${which} must be at most 128 characters`)

const credentials = z.object({
  email: text({ error: CREDENTIALS }).transform((email) => email.toLowerCase()),
  password: text({ error: CREDENTIALS, trim: false }),
})

export const loginInput = credentials

/** In two steps, so that a missing field is named before a malformed one. */
export const registerInput = credentials
  .extend({ name: optional(z.string()), org_name: optional(z.string()) })
  .pipe(
    z.object({
      email: z.string().refine(isEmail, 'Invalid email address'),
      password: password('Password'),
      name: text({ error: 'Invalid name', min: 0, max: 255 }).optional(),
      org_name: text({
        error: 'Invalid org_name',
        min: 0,
        max: 100,
        tooLong: 'Organization name must be 100 characters or less',
      }).optional(),
    }),
  )

export const changePasswordInput = z
  .object({
    currentPassword: text({ error: BOTH_PASSWORDS, trim: false }),
    newPassword: text({ error: BOTH_PASSWORDS, trim: false }),
  })
  .pipe(z.object({ currentPassword: z.string(), newPassword: password('New password') }))

/** What verbs before a sign-in work on. */
export interface Entrance {
  readonly directory: Directory
  readonly settings: PasswordSettings & TokenSecrets
  /** Time of the request, ms. */
  readonly now: number
}

/** What verbs may ask of the gate of a user. */
export interface SessionGate {
  readonly revoke: (session: { readonly sid: string; readonly expiresAt: number }) => Promise<void>
  readonly revokeAll: (event: { readonly exceptSid: string | null; readonly at: number }) => Promise<void>
  readonly setMustChangePassword: (required: boolean) => Promise<void>
}

export interface Profile {
  readonly id: string
  readonly email: string
  readonly name: string | null
  readonly role: Role
  readonly orgId: string
  readonly orgName: string
  readonly mustChangePassword: boolean
  /** Always true until addresses are verified by mail. */
  readonly emailVerified: true
}

export interface OpenedSession extends Profile {
  readonly token: string
  /** ms since the epoch. */
  readonly expiresAt: number
}

/** How an e-mail is named where it must not show, SHA-256 in hex. */
export async function hashEmail(email: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(email))).toHex()
}

/**
 * A new user as the admin of a new organisation.
 * @throws AppError already_exists, unavailable (too many passwords are being hashed)
 */
export async function registerUser(
  { directory, settings, now }: Entrance,
  input: z.output<typeof registerInput>,
): Promise<Profile> {
  const name = input.name || null
  const orgName = input.org_name || `${personOf(name, input.email)}'s organization`
  const slug = slugOf(orgName)
  const taken = await directory.findTaken(input.email, slug)
  if (taken.email) throw emailTaken()
  const hashed = await hashPassword(settings, input.password)
  if (!hashed.ok) throw busy()

  const ids = { userId: newId(now), orgId: newId(now) }
  const registration = { ...ids, email: input.email, name, orgName, passwordHash: hashed.hash, now }
  const first = taken.slug ? freshSlug(slug) : slug
  // Somebody else may take the plain slug in between; a fresh one is free.
  for (const orgSlug of [first, freshSlug(slug)]) {
    const outcome = await directory.register({ ...registration, orgSlug })
    if (outcome === 'email_taken') throw emailTaken()
    if (outcome === 'registered')
      return profileOf({ ...registration, id: ids.userId, role: 'admin', mustChangePassword: false })
  }
  throw new Error('no free slug')
}

/**
 * Checks a password and opens a session. An unknown e-mail costs the same work and writes as a wrong password.
 * @throws AppError invalid_credentials, unavailable
 */
export async function logIn(
  { directory, settings, now }: Entrance,
  input: z.output<typeof loginInput>,
): Promise<OpenedSession> {
  const emailHash = await hashEmail(input.email)
  const member = isEmail(input.email) ? await directory.findMemberByEmail(input.email) : null
  const verified = await verifyPassword(settings, input.password, member?.passwordHash ?? null)
  if (!verified.ok) throw busy()
  if (member === null || !verified.matches) {
    await directory.recordLogin({ event: 'login.failed', user: member, emailHash, at: now })
    throw new AppError('invalid_credentials', 'Invalid credentials')
  }
  // The session is as old as the request: one that began before a password change does not outlive it.
  const sid = newId(now)
  const identity = { userId: member.id, orgId: member.orgId, role: member.role, sid }
  const issued = await issueSession(settings, identity, now)
  await directory.recordLogin({ event: 'login.succeeded', user: member, emailHash, at: now })
  return { ...profileOf(member), ...issued }
}

/** Revokes the calling session; a service call has none. */
export async function logOut({ actor }: Ctx, gate: SessionGate, endsAt: number | null): Promise<void> {
  if (actor.sid !== null && endsAt !== null) await gate.revoke({ sid: actor.sid, expiresAt: endsAt })
}

/**
 * Sets a new password and revokes every session but the calling one.
 * @throws AppError not_found, invalid_credentials, validation_failed, unavailable
 */
export async function changePassword(
  { actor, db, now }: Ctx,
  settings: PasswordSettings,
  gate: SessionGate,
  { currentPassword, newPassword }: z.output<typeof changePasswordInput>,
): Promise<void> {
  const [member] = await selectMember(db, actor.userId)
  if (member === undefined) throw userNotFound()
  const verified = await verifyPassword(settings, currentPassword, member.passwordHash)
  if (!verified.ok) throw busy()
  if (!verified.matches) throw wrongPassword()
  if (newPassword === currentPassword)
    throw new AppError('validation_failed', 'New password must be different from the current password')
  const hashed = await hashPassword(settings, newPassword)
  if (!hashed.ok) throw busy()
  try {
    await db.batch([
      replacePassword(db, { userId: member.id, from: member.passwordHash, to: hashed.hash, now }),
      db.ensureChanged(),
      audit(db, { event: 'user.password_changed', actor: actor.userId, subject: member.id, at: now }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw wrongPassword()
    throw error
  }
  // The time after the commit: whoever signed in with the old password did so before.
  await gate.revokeAll({ exceptSid: actor.sid, at: Date.now() })
  if (member.mustChangePassword) await gate.setMustChangePassword(false)
}

/**
 * The caller as the database knows them now.
 * @throws AppError not_found
 */
export async function describeMe({ actor, db }: Ctx): Promise<Profile> {
  const [member] = await selectMember(db, actor.userId)
  if (member === undefined) throw userNotFound()
  return profileOf(member)
}

/** The session as its token tells it. */
export const describeSession = ({ actor }: Ctx, endsAt: number | null) => ({
  user: { id: actor.userId, role: actor.role, orgId: actor.orgId },
  expiresAt: endsAt === null ? null : iso(endsAt),
})

const profileOf = (member: Omit<Member, 'passwordHash'>): Profile => ({
  id: member.id,
  email: member.email,
  name: member.name,
  role: member.role,
  orgId: member.orgId,
  orgName: member.orgName,
  mustChangePassword: member.mustChangePassword,
  emailVerified: true,
})

/** Whom a personal organisation is named after, cut so that its name stays within the limit. */
const personOf = (name: string | null, email: string): string =>
  Array.from(name ?? email.slice(0, email.indexOf('@')))
    .slice(0, 80)
    .join('')

const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-|-$/g, '') || 'organization'

/** The random tail of a new id: short, and free for all practical purposes. */
const freshSlug = (slug: string): string => `${slug}-${newId().slice(-8)}`

const emailTaken = () => new AppError('already_exists', 'User with this email already exists')
const wrongPassword = () => new AppError('invalid_credentials', 'Current password is incorrect')
const userNotFound = () => notFound('User not found')
const busy = () => unavailable(new Error('too many passwords are being hashed'))
