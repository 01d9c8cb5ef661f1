import { sql } from 'drizzle-orm'
import { chatSessions } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Marks the sessions of new runs as being worked on. */
export function activateRuns(
  db: TenantDb,
  runs: readonly { readonly id?: string; readonly sessionId: string }[],
  now: number,
) {
  const rows = JSON.stringify(runs.map(({ id, sessionId }) => ({ id, sessionId })))
  return db.run(
    sql`UPDATE ${chatSessions} SET prior_status = status, status = 'in_progress', active_run_id = j.value ->> '$.id', updated_at = ${now}
      FROM json_each(${rows}) AS j WHERE ${chatSessions.id} = j.value ->> '$.sessionId' AND ${db.mine(chatSessions)}`,
  )
}
