/** Snapshots of what tools answered. */
import { and, asc, eq } from 'drizzle-orm'
import { evidence } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Every time that this very text was found, oldest first. */
export const evidenceByHash = (db: TenantDb, sha256: string, limit: number) =>
  db
    .select(evidence, eq(evidence.outputSha256, sha256))
    .orderBy(asc(evidence.executedAt), asc(evidence.id))
    .limit(limit)

export const evidenceByNumber = (db: TenantDb, incidentId: string, number: number) =>
  db.select(evidence, and(eq(evidence.incidentId, incidentId), eq(evidence.number, number))).limit(1)
