import { and, eq, sql } from 'drizzle-orm'
import { organizations, users } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** What is known of a member, with the organisation's name. */
export const memberColumns = {
  id: users.id,
  orgId: users.orgId,
  email: users.email,
  name: users.name,
  role: users.role,
  mustChangePassword: users.mustChangePassword,
  passwordHash: users.passwordHash,
  orgName: sql<string>`(SELECT o.name FROM ${organizations} o WHERE o.id = ${users.orgId})`,
}

/** The member with this id, or no row. */
export const selectMember = (tenant: TenantDb, userId: string) =>
  tenant.join((db) =>
    db
      .select(memberColumns)
      .from(users)
      .where(and(tenant.mine(users), eq(users.id, userId)))
      .limit(1),
  )

/** Replaces the password hash, if it still is the one that was checked. */
export const replacePassword = (
  db: TenantDb,
  change: { readonly userId: string; readonly from: string; readonly to: string; readonly now: number },
) =>
  db.update(
    users,
    { passwordHash: change.to, mustChangePassword: false, updatedAt: change.now },
    and(eq(users.id, change.userId), eq(users.passwordHash, change.from)),
  )
