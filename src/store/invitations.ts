/** Invitations as the inviting organisation sees them. What the invited does with one crosses organisations: `joining.ts`. */
import { and, desc, eq, lte, sql } from 'drizzle-orm'
import { invitations } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type InvitationRow = typeof invitations.$inferSelect

const SHOWN = 200

const pending = eq(invitations.state, 'pending')

export const insertInvitation = (db: TenantDb, row: Omit<InvitationRow, 'orgId'>) =>
  db.insert(invitations, row)

/** Fails the batch when more invitations wait than that. */
export const ensureFewPending = (db: TenantDb, now: number, most: number) =>
  db.ensure(
    sql`(SELECT count(*) FROM invitations WHERE org_id = ${db.orgId} AND state = 'pending' AND expires_at > ${now}) <= ${most}`,
  )

/** Makes room for a new invitation of somebody whose last one expired. */
export const clearExpired = (db: TenantDb, email: string, now: number) =>
  db.update(
    invitations,
    { state: 'cancelled', decidedAt: now },
    and(eq(invitations.email, email), pending, lte(invitations.expiresAt, now)),
  )

/** The newest ones, newest first. */
export const invitationsOf = (db: TenantDb) =>
  db.select(invitations).orderBy(desc(invitations.createdAt), desc(invitations.id)).limit(SHOWN)

export const invitationById = (db: TenantDb, id: string) =>
  db.select(invitations, eq(invitations.id, id)).limit(1)

/** Ends an invitation that still waits. */
export const cancelInvitation = (db: TenantDb, id: string, now: number) =>
  db.update(invitations, { state: 'cancelled', decidedAt: now }, and(eq(invitations.id, id), pending))
