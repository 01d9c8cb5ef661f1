/** How an organisation's incidents stand, for questions that are about none in particular. */
import { and, desc, eq, inArray, ne, sql, type SQL } from 'drizzle-orm'
import { incidentCounts, incidents } from '../../drizzle/schema'
import type { OverviewFacts } from '../agent/facts'
import type { TenantDb } from './tenant-db'

const SHOWN = 20
const NAMED = 5
/** Incidents whose names are looked at. */
const SEARCHED = 2000

/** What the question names: an id, or words of a title or service. */
export interface Named {
  readonly id: string | null
  /** In lower case. */
  readonly words: string
}

/** One round trip. */
export async function overviewOf(db: TenantDb, named: Named | null): Promise<OverviewFacts> {
  const page = (which: SQL | undefined, limit: number) =>
    db.pick(COLUMNS, incidents, which).orderBy(desc(incidents.startedAt), desc(incidents.id)).limit(limit)
  const [[counts], open, recent, matching] = await db.batch([
    db.select(incidentCounts).limit(1),
    page(inArray(incidents.status, ['investigating', 'analyzed']), SHOWN),
    page(ne(incidents.status, 'merged'), SHOWN),
    page(named === null ? sql`0` : nameMatches(db, named), NAMED),
  ])
  const { investigating = 0, analyzed = 0, resolved = 0 } = counts ?? {}
  return { counts: { investigating, analyzed, resolved }, open, recent, named: matching }
}

const nameMatches = (db: TenantDb, { id, words }: Named): SQL | undefined =>
  id !== null
    ? eq(incidents.id, id)
    : and(
        ne(incidents.status, 'merged'),
        sql`${incidents.id} IN (SELECT id FROM incidents WHERE org_id = ${db.orgId} ORDER BY started_at DESC, id DESC LIMIT ${SEARCHED})`,
        sql`instr(lower(${incidents.alertTitle} || ' ' || coalesce(${incidents.alertService}, '')), ${words}) > 0`,
      )

const COLUMNS = {
  id: incidents.id,
  title: incidents.alertTitle,
  service: incidents.alertService,
  severity: incidents.severity,
  status: incidents.status,
  startedAt: incidents.startedAt,
  resolvedAt: incidents.resolvedAt,
  summary:
    sql<string>`coalesce(${incidents.manualSummary}, ${incidents.runSummary}, ${incidents.alertSummary})`.as(
      'summary',
    ),
}
