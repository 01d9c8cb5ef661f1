import { and, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import { connectorJobs } from '../../drizzle/schema'
import type { ConnectorJobRow } from './connection-rows'
import type { TenantDb } from './tenant-db'

const OPEN = ['PENDING', 'STARTED', 'PROGRESS'] as const

export const insertJob = (db: TenantDb, row: Omit<typeof connectorJobs.$inferInsert, 'orgId'>) =>
  db.insert(connectorJobs, row)

export const jobById = (db: TenantDb, id: string) =>
  db.select(connectorJobs, eq(connectorJobs.id, id)).limit(1)

/** Takes a job for `leaseMs`; no row when it is over, unclaimed or at work elsewhere. */
export const leaseJob = (db: TenantDb, id: string, now: number, leaseMs: number) =>
  db
    .update(
      connectorJobs,
      {
        leaseUntil: now + leaseMs,
        attempts: sql`${connectorJobs.attempts} + 1`,
        state: sql`CASE WHEN state = 'PENDING' THEN 'STARTED' ELSE state END`,
        updatedAt: now,
      },
      and(
        eq(connectorJobs.id, id),
        inArray(connectorJobs.state, OPEN),
        isNull(connectorJobs.claimSealed),
        or(isNull(connectorJobs.leaseUntil), lt(connectorJobs.leaseUntil, now)),
      ),
    )
    .returning()

/** Writes a checkpoint, provided that the lease is still the caller's. */
export const saveJob = (
  db: TenantDb,
  held: Pick<ConnectorJobRow, 'id' | 'leaseUntil'>,
  changes: Partial<Omit<ConnectorJobRow, 'id' | 'orgId'>>,
) =>
  db.update(
    connectorJobs,
    changes,
    and(eq(connectorJobs.id, held.id), sql`${connectorJobs.leaseUntil} IS ${held.leaseUntil}`),
  )

/** Takes an unclaimed login's tokens for its starter; no row for anybody else, or too late. */
export const claimLogin = (db: TenantDb, id: string, userId: string, now: number) =>
  db
    .update(
      connectorJobs,
      { claimSealed: null, claimExpiresAt: null, claimedAt: now, updatedAt: now },
      and(
        eq(connectorJobs.id, id),
        eq(connectorJobs.userId, userId),
        isNotNull(connectorJobs.claimSealed),
        gt(connectorJobs.claimExpiresAt, now),
      ),
    )
    .returning({ id: connectorJobs.id })
