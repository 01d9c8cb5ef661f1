/** The list of incidents: one statement for a page, one for how many there are. */
import { sql } from 'drizzle-orm'
import { incidents } from '../../drizzle/schema'
import type { Cursor } from '../lib/cursor'
import type { IncidentRow } from './correlation-rows'
import { LISTED, MERGED_INTO_TITLE } from './incidents'
import { limitedTo, NOTHING, plain, type Plain } from './plain-sql'
import { columns, shape } from './read'
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

const untitled = sql<string | null>`NULL`.as('merged_into_title')
const listed = shape(incidents, { ...LISTED, mergedIntoTitle: untitled }, { byOrg: true })
const merged = shape(incidents, { ...LISTED, mergedIntoTitle: MERGED_INTO_TITLE }, { byOrg: true })

/** One page, newest start first; merged ones only when they are asked for. Each filter but the search has an index. */
export function pageOfIncidents(db: TenantDb, filter: IncidentFilter, { after, limit, offset }: Page) {
  const behind = after === null ? NOTHING : plain` AND (started_at, id) < (${after.at}, ${after.id})`
  return db.read(
    filter.status === 'merged' ? merged : listed,
    plain`${conditions(db, filter)}${behind}`,
    plain`ORDER BY started_at DESC, id DESC ${limitedTo(limit)}${offset === 0 ? NOTHING : plain` OFFSET ${offset}`}`,
  )
}

/** How many match, and how many a search looked at. */
export interface Count {
  readonly n: number
  readonly searched: number
}

const COUNT = columns<Count>('searched', 'n')

/** One row. Where the count is kept it reads one row, too; else at most `most` are counted, one row each. */
export function countOfIncidents(db: TenantDb, filter: IncidentFilter, most: number) {
  const { status, severity, service, source, words } = filter
  const set = Object.values(filter).filter((value) => value !== undefined)
  if (set.length === 0) return kept(db, ALL)
  if (set.length === 1) {
    if (status !== undefined) return kept(db, KEPT[status])
    if (severity !== undefined) return tallied(db, 'severity', severity)
    if (service !== undefined) return tallied(db, 'service', service)
    if (source !== undefined) return tallied(db, 'source', source)
  }
  const searched = words === undefined ? plain`0` : plain`(SELECT count(*) FROM (${matches(db, words)}))`
  return db.ask(
    COUNT,
    plain`SELECT ${searched} AS searched, count(*) AS n FROM (
      SELECT 1 FROM incidents WHERE org_id = ${db.orgId} AND ${conditions(db, filter)} ${limitedTo(most)})`,
  )
}

const ALL = plain`investigating + analyzed + resolved`
const KEPT: Readonly<Record<IncidentRow['status'], Plain>> = {
  investigating: plain`investigating`,
  analyzed: plain`analyzed`,
  merged: plain`merged`,
  resolved: plain`resolved`,
}

const kept = (db: TenantDb, columns: Plain) =>
  db.ask(
    COUNT,
    plain`SELECT 0 AS searched, coalesce((SELECT ${columns} FROM incident_counts WHERE org_id = ${db.orgId}), 0) AS n`,
  )

const tallied = (db: TenantDb, kind: 'severity' | 'service' | 'source', value: string) =>
  db.ask(
    COUNT,
    plain`SELECT 0 AS searched, coalesce((
      SELECT n FROM incident_tallies WHERE org_id = ${db.orgId} AND kind = ${kind} AND value = ${value}), 0) AS n`,
  )

/** SQL that begins with the status, so that there is always a condition. */
function conditions(db: TenantDb, filter: IncidentFilter): Plain {
  const { status, severity, service, source, words, from, to } = filter
  // Written out, not bound: a partial index is only used where its condition can be seen.
  let all = status === undefined ? plain`status <> 'merged'` : plain`status = ${status}`
  if (severity !== undefined) all = plain`${all} AND severity = ${severity}`
  if (service !== undefined) all = plain`${all} AND alert_service = ${service}`
  if (source !== undefined) all = plain`${all} AND source_type = ${source}`
  if (from !== undefined) all = plain`${all} AND started_at >= ${from}`
  if (to !== undefined) all = plain`${all} AND started_at <= ${to}`
  if (words !== undefined) all = plain`${all} AND incidents.rowid IN (${matches(db, words)})`
  return all
}

/** A search looks at this many incidents with its words, the newest. */
export const SEARCHED = 10_000

/** The organisation is a word of the index, so the search walks nobody else's incidents. */
function matches(db: TenantDb, words: readonly string[]): Plain {
  if (words.length === 0) return plain`SELECT 0 WHERE 0`
  const all = words.map((word) => `"${word}"*`).join(' AND ')
  const match = `org_id : "${db.orgId.replaceAll('-', '')}" AND {alert_title alert_service run_summary manual_summary} : (${all})`
  return plain`SELECT rowid FROM incident_search WHERE incident_search MATCH ${match} ORDER BY rowid DESC ${limitedTo(SEARCHED)}`
}
