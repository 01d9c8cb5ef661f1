/** How a user answers an invitation: the one place where the rows of two organisations change together. */
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import {
  accessTokens,
  integrations,
  invitations,
  organizations,
  userPreferences,
  users,
} from '../../drizzle/schema'
import type { Role } from '../lib/session-token'
import { audit } from './audit'
import { openDatabase, type Statement } from './db'
import { closeChats } from './members'
import { queueEffect } from './runs'
import { TenantDb } from './tenant-db'
import type { InvitationRow } from './invitations'

export interface Mover {
  readonly userId: string
  /** The organisation that the user leaves. */
  readonly orgId: string
}

export interface Move extends Mover {
  readonly invitation: Pick<InvitationRow, 'id' | 'orgId'> & { readonly role: Role }
  readonly now: number
  /** What the outbox keeps until the user's sessions are ended. */
  readonly revocation: Parameters<typeof queueEffect>[1]
}

export type Joining = ReturnType<typeof openJoining>

/** Answers to invitations, over this database. */
export function openJoining(d1: D1Database) {
  const db = openDatabase(d1)

  /** Decides an invitation that waits; the next statement must see one row changed. */
  const decide = (id: string, state: 'accepted' | 'declined', now: number) =>
    db
      .update(invitations)
      .set({ state, decidedAt: now })
      .where(and(eq(invitations.id, id), eq(invitations.state, 'pending'), gt(invitations.expiresAt, now)))

  return {
    /** The invitation with this token hash and what the user who shows it is called, in one round trip. */
    async findInvitation(tokenHash: string, userId: string) {
      const [[invitation], [user]] = await db.batch([
        db
          .select({ invitation: invitations, orgName: organizations.name })
          .from(invitations)
          .innerJoin(organizations, eq(organizations.id, invitations.orgId))
          .where(eq(invitations.tokenHash, tokenHash))
          .limit(1),
        db.select({ email: users.email }).from(users).where(eq(users.id, userId)).limit(1),
      ])
      return {
        invitation: invitation?.invitation ?? null,
        orgName: invitation?.orgName ?? '',
        email: user?.email ?? null,
      }
    },

    /** Whether nobody and nothing would stay behind in the organisation that the user leaves. */
    async mayLeave({ userId, orgId }: Mover): Promise<boolean> {
      const row = await db.get<{ free: number }>(sql`SELECT ${leftAlone(userId, orgId)} AS free`)
      return row.free === 1
    },

    /**
     * Moves the user into the inviting organisation, with preferences; chats and access tokens of the old one end, and
     * its senders are switched off. Guard failures: the invitation no longer waits, or somebody would stay behind.
     */
    async accept({ userId, orgId, invitation, now, revocation }: Move): Promise<void> {
      const [left, joined] = [new TenantDb(db, orgId), new TenantDb(db, invitation.orgId)]
      const statements: readonly Statement[] = [
        left.ensureChanged(),
        left.ensure(leftAlone(userId, orgId)),
        db
          .update(users)
          .set({ orgId: invitation.orgId, role: invitation.role, updatedAt: now })
          .where(and(eq(users.id, userId), eq(users.orgId, orgId))),
        left.ensureChanged(),
        ...closeChats(left, userId, now),
        left.update(
          accessTokens,
          { revokedAt: now },
          and(eq(accessTokens.userId, userId), isNull(accessTokens.revokedAt)),
        ),
        left.update(integrations, { enabled: false, updatedAt: now }, undefined),
        db
          .update(userPreferences)
          .set({ orgId: invitation.orgId })
          .where(and(eq(userPreferences.userId, userId), eq(userPreferences.orgId, orgId))),
        audit(left, { event: 'member.left', actor: userId, subject: userId, at: now }),
        audit(joined, {
          event: 'invitation.accepted',
          actor: userId,
          subject: invitation.id,
          after: { userId, role: invitation.role },
          at: now,
        }),
        queueEffect(joined, revocation),
      ]
      await db.batch([decide(invitation.id, 'accepted', now), ...statements])
    },

    /** Guard failure: the invitation no longer waits. */
    async decline(
      invitation: Pick<InvitationRow, 'id' | 'orgId'>,
      userId: string,
      now: number,
    ): Promise<void> {
      const tenant = new TenantDb(db, invitation.orgId)
      await db.batch([
        decide(invitation.id, 'declined', now),
        tenant.ensureChanged(),
        audit(tenant, { event: 'invitation.declined', actor: userId, subject: invitation.id, at: now }),
      ])
    },
  } as const
}

const leftAlone = (userId: string, orgId: string) =>
  sql`(NOT EXISTS (SELECT 1 FROM users WHERE org_id = ${orgId} AND id <> ${userId}) AND NOT EXISTS (SELECT 1 FROM incidents WHERE org_id = ${orgId}))`
