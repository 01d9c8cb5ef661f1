/** The caller's organisation. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { codePoints, optional } from '../lib/fields'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import { membersOf } from '../store/members'
import { organizationOf, renameOrganization } from '../store/organizations'
import { requireRole, type Ctx } from './context'

const NAME = 'Name must be 1-100 characters'
const SLUG = 'Slug must be 2-50 lowercase alphanumeric characters or hyphens'

const organizationName = z
  .string({ error: NAME })
  .transform((value) => value.trim())
  .refine((value) => codePoints(value) >= 1 && codePoints(value) <= 100 && !value.includes('\u0000'), NAME)

export const organizationPatch = z
  .object({
    name: optional(organizationName),
    slug: optional(z.string({ error: SLUG }).regex(/^[a-z0-9][a-z0-9-]{0,48}[a-z0-9]$/, SLUG)),
  })
  .refine(({ name, slug }) => name !== undefined || slug !== undefined, 'name or slug required')

/** The organisation with its members, oldest first. @throws AppError not_found */
export async function describeOrganization({ db }: Ctx) {
  const [[organization], members] = await db.batch([organizationOf(db), membersOf(db)])
  if (organization === undefined) throw notFound('Organization not found')
  return { organization, members }
}

/** @throws AppError forbidden, already_exists, not_found, conflict */
export async function updateOrganization(ctx: Ctx, patch: z.output<typeof organizationPatch>) {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const changes = {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.slug === undefined ? {} : { slug: patch.slug }),
  }
  const [before] = await organizationOf(db)
  if (before === undefined) throw notFound('Organization not found')
  try {
    const [[after]] = await db.batch([
      // The time is the organisation's version: it moves with every change.
      renameOrganization(db, before, { ...changes, updatedAt: Math.max(now, before.updatedAt + 1) }),
      db.ensureChanged(),
      audit(db, {
        event: 'organization.updated',
        actor: actor.userId,
        subject: db.orgId,
        before: { name: before.name, slug: before.slug },
        after: changes,
        at: now,
      }),
    ])
    return after ?? before
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'Slug is already taken')
    if (isGuardFailure(error)) throw new AppError('conflict', 'Organization was changed by another writer')
    throw error
  }
}
