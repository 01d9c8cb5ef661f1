/** What an organisation has written and linked itself: its postmortems, and the runbooks that its alerts link to. */
import { sql } from 'drizzle-orm'
import type { LinkedRunbookFacts, OwnDocuments, PostmortemFacts, Reads } from '../agent/facts'
import type { TenantDb } from './tenant-db'

/** In one round trip. What it reads does not grow with the tables. */
export async function ownDocuments(
  db: TenantDb,
  incidentId: string,
  { names, words }: Parameters<Reads['documents']>[0],
): Promise<OwnDocuments> {
  const [runbooks, postmortems] = await db.batch([
    linkedRunbooks(db, names),
    postmortemsWith(db, incidentId, words),
  ])
  return { runbooks, postmortems }
}

const valuesOf = (values: readonly string[]) => sql`json_each(${JSON.stringify(values)})`

function linkedRunbooks(db: TenantDb, names: readonly string[]) {
  const newest = (column: 'service' | 'title') =>
    sql`SELECT b.id FROM ${valuesOf(names)} n JOIN alerts b ON b.id IN (
        SELECT a.id FROM alerts a WHERE a.org_id = ${db.orgId} AND lower(a.${sql.raw(column)}) = lower(n.value) AND a.runbook_url IS NOT NULL
        ORDER BY a.created_at DESC LIMIT 20)`
  return db.all<LinkedRunbookFacts>(
    sql`SELECT runbook_url AS url, title, service, max(created_at) AS linkedAt FROM alerts
      WHERE +org_id = ${db.orgId} AND id IN (${newest('service')} UNION ${newest('title')})
      GROUP BY runbook_url, lower(title), lower(service) ORDER BY linkedAt DESC, url LIMIT 20`,
  )
}

function postmortemsWith(db: TenantDb, incidentId: string, words: readonly string[]) {
  const looked = sql.raw(words.length === 0 ? '0' : '200')
  return db.all<PostmortemFacts>(
    sql`SELECT p.incident_id AS incidentId, i.alert_title AS title, p.updated_at AS updatedAt,
        substr(p.content, min(instr(p.folded, w.value)), 400) AS excerpt
      FROM (SELECT incident_id, content, lower(content) AS folded, updated_at, generated_at FROM postmortems
        WHERE org_id = ${db.orgId} AND generated_at IS NOT NULL ORDER BY generated_at DESC, id DESC LIMIT ${looked}) p
      JOIN incidents i ON i.id = p.incident_id AND +i.org_id = ${db.orgId}
      JOIN ${valuesOf(words)} w ON instr(p.folded, w.value) > 0
      WHERE p.incident_id <> ${incidentId}
      GROUP BY p.incident_id ORDER BY count(*) DESC, p.generated_at DESC, p.incident_id LIMIT 5`,
  )
}
