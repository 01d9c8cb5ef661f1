/** The list of incidents: one statement for a page, one for how many there are. */
import { and, desc, eq, gte, lte, sql, type SQL } from 'drizzle-orm'
import { incidentCounts, incidents, incidentTallies } from '../../drizzle/schema'
import type { Cursor } from '../lib/cursor'
import type { IncidentRow } from './correlation-rows'
import { LISTED } from './incidents'
import type { TenantDb } from './tenant-db'

export interface IncidentFilter {
  readonly status?: IncidentRow['status'] | undefined
  readonly severity?: IncidentRow['severity'] | undefined
  readonly service?: string | undefined
  readonly source?: string | undefined
  /** Words that all occur, the last ones perhaps only begun. */
  readonly words?: readonly string[] | undefined
  /** Started in this span, ms, both ends included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface Page {
  readonly after: Cursor | null
  readonly limit: number
  readonly offset: number
}

/** One page, newest start first; merged ones only when they are asked for. Each filter but the search has an index. */
export const pageOfIncidents = (db: TenantDb, filter: IncidentFilter, { after, limit, offset }: Page) =>
  db
    .pick(
      LISTED,
      incidents,
      and(
        conditions(db, filter),
        after === null
          ? undefined
          : sql`(${incidents.startedAt}, ${incidents.id}) < (${after.at}, ${after.id})`,
      ),
    )
    .orderBy(desc(incidents.startedAt), desc(incidents.id))
    .limit(limit)
    .offset(offset)

/** How many match, and how many a search looked at. */
export interface Count {
  readonly n: number
  readonly searched: number
}

/** One row. Where the count is kept it reads one row, too; else at most `most` are counted, one row each. */
export function countOfIncidents(db: TenantDb, filter: IncidentFilter, most: number) {
  const set = Object.entries(filter).filter(([, value]) => value !== undefined)
  const [name, value] = set[0] ?? []
  if (set.length === 0) return counted(db, sql`investigating + analyzed + resolved`)
  if (set.length === 1 && filter.status !== undefined) return counted(db, sql.identifier(filter.status))
  if (set.length === 1 && (name === 'severity' || name === 'service' || name === 'source'))
    return db.all<Count>(
      sql`SELECT 0 AS searched, coalesce((SELECT n FROM ${incidentTallies} WHERE ${db.mine(incidentTallies)} AND kind = ${name} AND value = ${value}), 0) AS n`,
    )
  const { words } = filter
  const searched = words === undefined ? sql`0` : sql`(SELECT count(*) FROM (${matches(db, words)}))`
  return db.all<Count>(
    sql`SELECT ${searched} AS searched, count(*) AS n FROM (SELECT 1 FROM ${incidents} WHERE ${db.mine(incidents)} AND ${conditions(db, filter)} LIMIT ${most})`,
  )
}

const counted = (db: TenantDb, columns: SQL | ReturnType<typeof sql.identifier>) =>
  db.all<Count>(
    sql`SELECT 0 AS searched, coalesce((SELECT ${columns} FROM ${incidentCounts} WHERE ${db.mine(incidentCounts)}), 0) AS n`,
  )

function conditions(db: TenantDb, filter: IncidentFilter): SQL | undefined {
  const { status, severity, service, source, words, from, to } = filter
  return and(
    // Written out, not bound: a partial index is only used where its condition can be seen.
    status === undefined ? sql`${incidents.status} <> 'merged'` : eq(incidents.status, status),
    severity === undefined ? undefined : eq(incidents.severity, severity),
    service === undefined ? undefined : eq(incidents.alertService, service),
    source === undefined ? undefined : eq(incidents.sourceType, source),
    from === undefined ? undefined : gte(incidents.startedAt, from),
    to === undefined ? undefined : lte(incidents.startedAt, to),
    words === undefined ? undefined : sql`${incidents}.rowid IN (${matches(db, words)})`,
  )
}

/** A search looks at this many incidents with its words, the newest. */
export const SEARCHED = 10_000

/** The organisation is a word of the index, so the search walks nobody else's incidents. */
function matches(db: TenantDb, words: readonly string[]): SQL {
  if (words.length === 0) return sql`SELECT 0 WHERE 0`
  const all = words.map((word) => `"${word}"*`).join(' AND ')
  const match = `org_id : "${db.orgId.replaceAll('-', '')}" AND {alert_title alert_service run_summary manual_summary} : (${all})`
  return sql`SELECT rowid FROM incident_search WHERE incident_search MATCH ${match} ORDER BY rowid DESC LIMIT ${SEARCHED}`
}
