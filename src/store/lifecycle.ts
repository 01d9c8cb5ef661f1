import { lifecycleEvents } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export interface LifecycleRow {
  readonly incidentId: string
  readonly actor: string
  readonly event: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Makes an effect that may be repeated write one row. */
  readonly dedupeKey?: string
  readonly at: number
}

/** The statement that records what happened to an incident. */
export const lifecycle = (db: TenantDb, row: LifecycleRow) => db.insert(lifecycleEvents, row)
