/** What people showed to be theirs at GitHub, for ten minutes. */
import { and, eq, gt, lt } from 'drizzle-orm'
import { githubOwnershipProofs } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

type Shown = typeof githubOwnershipProofs.$inferSelect

/** Replaces what this person showed before, and forgets what ran out. */
export const keepProof = (db: TenantDb, row: Omit<Shown, 'orgId'>, now: number) => [
  db.remove(githubOwnershipProofs, eq(githubOwnershipProofs.userId, row.userId)),
  db.remove(githubOwnershipProofs, lt(githubOwnershipProofs.expiresAt, now)),
  db.insert(githubOwnershipProofs, row),
]

export const proofOf = (db: TenantDb, userId: string, now: number) =>
  db
    .select(
      githubOwnershipProofs,
      and(eq(githubOwnershipProofs.userId, userId), gt(githubOwnershipProofs.expiresAt, now)),
    )
    .limit(1)
