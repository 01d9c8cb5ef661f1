import { and, desc, eq } from 'drizzle-orm'
import { connectorJobs } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** The newest job of this kind of a connection. */
export const latestJob = (db: TenantDb, connectionId: string, kind: string) =>
  db
    .select(connectorJobs, and(eq(connectorJobs.connectionId, connectionId), eq(connectorJobs.kind, kind)))
    .orderBy(desc(connectorJobs.createdAt))
    .limit(1)
