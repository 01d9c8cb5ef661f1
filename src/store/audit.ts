import { auditLog } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export interface AuditRow {
  readonly event: string
  readonly actor: string | null
  readonly subject: string | null
  readonly before?: unknown
  readonly after?: unknown
  readonly at: number
}

/** The statement that records a change; it goes into the batch of that change. Never hand it a secret. */
export const audit = (db: TenantDb, row: AuditRow) => db.insert(auditLog, row)
