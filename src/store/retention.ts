/**
 * What is forgotten after a while, for all organisations. Ids carry their time, so a span of time is a range of the primary
 * key; each call looks at one span and is bounded.
 */
import { sql } from 'drizzle-orm'
import { newId } from '../lib/ids'
import { HOUR } from '../lib/time'
import type { Database } from './db'

export interface Span {
  /** ms since the epoch, the end not included. */
  readonly from: number
  readonly to: number
}

/** How long bodies are kept where an organisation does not say. */
export const DEFAULT_BODY_DAYS = 30

/** The smallest id of a moment. */
const idAt = (ms: number): string => `${newId(Math.max(0, ms)).slice(0, 14)}7000-8000-000000000000`

/** The condition that an id was made in this span. */
export const within = (column: string, { from, to }: Span) =>
  sql`${sql.raw(column)} >= ${idAt(from)} AND ${sql.raw(column)} < ${idAt(to)}`

/** The payload of an incident's first alert is shown with the incident and stays as long as that. */
const OPENED_ONE = sql`EXISTS (SELECT 1 FROM alert_events e
  JOIN incident_alerts m ON m.alert_id = e.alert_id JOIN incidents i ON i.id = m.origin_incident_id AND i.primary_alert_id = e.alert_id
  WHERE e.delivery_id = b.delivery_id AND e.effect = 'opened')`

/** How long the bodies of the organisation of `b` are kept, in days. */
const KEPT_DAYS = sql`coalesce((SELECT s.body_retention_days FROM organization_settings s WHERE s.org_id = b.org_id), ${DEFAULT_BODY_DAYS})`

/** For how many days organisations keep bodies: the default, and what some set instead. */
export async function bodyRetentions(db: Database): Promise<readonly number[]> {
  const rows = await db.all<{ readonly days: number }>(
    sql`SELECT DISTINCT body_retention_days AS days FROM organization_settings WHERE body_retention_days IS NOT NULL`,
  )
  return [...new Set([DEFAULT_BODY_DAYS, ...rows.map(({ days }) => days)])]
}

/**
 * Bodies of deliveries in this span, but for those that opened an incident, of the organisations that keep them for so many
 * days. Answers how many went.
 */
export async function forgetBodies(db: Database, span: Span, days: number, limit: number): Promise<number> {
  const { meta } = await db.run(
    sql`DELETE FROM ingest_bodies WHERE delivery_id IN (SELECT b.delivery_id FROM ingest_bodies b
      WHERE ${within('b.delivery_id', span)} AND ${KEPT_DAYS} = ${days} AND NOT ${OPENED_ONE} LIMIT ${limit})`,
  )
  return meta.changes
}

/** Counts of refused requests from before this time, ms. */
export async function forgetRefusals(db: Database, before: number): Promise<number> {
  const { meta } = await db.run(sql`DELETE FROM refused_counts WHERE hour < ${Math.floor(before / HOUR)}`)
  return meta.changes
}

/** Deliveries in this span whose bodies are gone. */
export async function forgetDeliveries(db: Database, span: Span, limit: number): Promise<number> {
  const { meta } = await db.run(
    sql`DELETE FROM ingest_deliveries WHERE id IN (SELECT d.id FROM ingest_deliveries d
      WHERE ${within('d.id', span)} AND d.state NOT IN ('received', 'processing')
        AND NOT EXISTS (SELECT 1 FROM ingest_bodies b WHERE b.delivery_id = d.id) LIMIT ${limit})`,
  )
  return meta.changes
}

/** Decisions of the correlator in this span. */
export async function forgetDecisions(db: Database, span: Span, limit: number): Promise<number> {
  const { meta } = await db.run(
    sql`DELETE FROM correlation_decisions WHERE id IN (SELECT d.id FROM correlation_decisions d WHERE ${within('d.id', span)} LIMIT ${limit})`,
  )
  return meta.changes
}
