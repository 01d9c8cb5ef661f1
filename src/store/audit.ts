/**
 * The audit log: a hash chain for each organisation.
 *
 * `audit` is one statement of somebody else's batch, SQLite cannot hash, and two writers must not both follow the same
 * row. So the work is split. The insert is plain, and a trigger numbers the row in the same transaction: numbers have no
 * gap and follow the commits, whoever races. Later, `sealAudit` hashes numbered rows in order, each with the hash of the
 * one before; of two sealers only one moves the head, the other looks again. The sweep seals within about a minute, and
 * reading the log seals first. Until then a row's number protects it against removal, but not its content.
 *
 * The head lies beside the log, so that rows cut off at the end are missed, too. Who can rewrite the whole database can
 * write another consistent chain: keep a copy of a `hash` elsewhere to notice even that.
 */
import { sql } from 'drizzle-orm'
import { auditLog } from '../../drizzle/schema'
import type { Database } from './db'
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

/** An audit row as stored; `before` and `after` are JSON texts. */
export interface StoredAudit {
  readonly id: string
  readonly seq: number
  readonly actor: string | null
  readonly event: string
  readonly subject: string | null
  readonly before: string | null
  readonly after: string | null
  readonly at: number
  readonly prevHash: string | null
  readonly hash: string | null
}

export interface AuditHead {
  readonly lastSeq: number
  readonly sealedSeq: number
  readonly sealedHash: string
}

export interface AuditFilter {
  readonly event?: string | undefined
  readonly actor?: string | undefined
  /** ms since the epoch. */
  readonly since?: number | undefined
  /** Rows before this number. */
  readonly before?: number | undefined
}

const COLUMNS = sql.raw('id, seq, actor, event, subject, before, after, at, prev_hash AS prevHash, hash')

/** Writers stamp a row with the time of their request, so times may be a little out of the order of the numbers. */
const STRAGGLERS_MS = 60_000

/** `[head]`, no row when nothing was ever recorded. */
export const auditHead = (db: TenantDb) =>
  db.all<AuditHead>(
    sql`SELECT last_seq AS lastSeq, sealed_seq AS sealedSeq, sealed_hash AS sealedHash FROM audit_heads WHERE org_id = ${db.orgId}`,
  )

/** Rows after a number, in order. */
export const auditAfter = (db: TenantDb, seq: number, limit: number) =>
  db.all<StoredAudit>(
    sql`SELECT ${COLUMNS} FROM audit_log WHERE org_id = ${db.orgId} AND seq > ${seq} ORDER BY seq LIMIT ${limit}`,
  )

/** The newest rows that match, newest first. Each filter has an index; both at once use one of them. */
export function auditPage(db: TenantDb, { event, actor, since, before }: AuditFilter, limit: number) {
  const conditions = [
    sql`org_id = ${db.orgId}`,
    sql`seq < ${before ?? Number.MAX_SAFE_INTEGER}`,
    ...(event === undefined ? [] : [sql`event = ${event}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(since === undefined
      ? []
      : [
          // The plus keeps the planner on the order of the numbers.
          sql`+at >= ${since}`,
          // Where to stop: without it, a quiet time would be searched back to the very first row.
          sql`seq >= coalesce((SELECT seq FROM audit_log WHERE org_id = ${db.orgId} AND at >= ${since - STRAGGLERS_MS} ORDER BY at LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
        ]),
  ]
  return db.all<StoredAudit>(
    sql`SELECT ${COLUMNS} FROM audit_log WHERE ${sql.join(conditions, sql` AND `)} ORDER BY seq DESC LIMIT ${limit}`,
  )
}

/** Writes hashes and moves the head from `from`; the whole batch fails when somebody else moved it. */
export const sealRows = (
  db: TenantDb,
  from: AuditHead,
  rows: readonly { readonly id: string; readonly prevHash: string; readonly hash: string }[],
  to: Pick<AuditHead, 'sealedSeq' | 'sealedHash'>,
) => [
  db.run(
    sql`UPDATE audit_heads SET sealed_seq = ${to.sealedSeq}, sealed_hash = ${to.sealedHash} WHERE org_id = ${db.orgId} AND sealed_seq = ${from.sealedSeq}`,
  ),
  db.ensureChanged(),
  db.run(
    sql`UPDATE audit_log SET prev_hash = j.value ->> '$.prevHash', hash = j.value ->> '$.hash' FROM json_each(${JSON.stringify(rows)}) AS j WHERE audit_log.id = j.value ->> '$.id' AND audit_log.org_id = ${db.orgId}`,
  ),
]

/** Organisations, of all tenants, with rows that wait for their hashes. */
export async function organizationsToSeal(db: Database, limit: number): Promise<readonly string[]> {
  const rows = await db.all<{ readonly orgId: string }>(
    sql`SELECT org_id AS orgId FROM audit_heads WHERE sealed_seq < last_seq AND org_id <> '' LIMIT ${limit}`,
  )
  return rows.map(({ orgId }) => orgId)
}
