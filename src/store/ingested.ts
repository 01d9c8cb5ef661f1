/** What the senders of one source told: alerts with the deliveries that opened them, and finished builds. */
import { and, desc, eq, sql, type SQL } from 'drizzle-orm'
import { alerts, changeEvents, ingestBodies, ingestDeliveries } from '../../drizzle/schema'
import type { AlertRow } from './correlation-rows'
import type { TenantDb } from './tenant-db'

/** What a list asks for besides its source; each part that is absent asks for nothing. */
export interface IngestedFilter {
  readonly state?: AlertRow['state'] | undefined
  readonly severity?: AlertRow['severity'] | undefined
  /** Of Sentry: what a delivery is about, as its header says. */
  readonly resource?: string | undefined
  /** Of Datadog: the kind of event, as the payload says. */
  readonly eventType?: string | undefined
}

interface Page {
  readonly limit: number
  readonly offset: number
}

/** Larger payloads are left to the page of their delivery, so that a list stays one. */
const LARGEST_PAYLOAD = 16_384
/** A total beyond this is not counted on. */
const COUNTED = 10_000

const RESOURCE = sql<string | null>`${ingestDeliveries.headers} ->> '$."sentry-hook-resource"'`
const EVENT_TYPE = sql<
  string | null
>`CASE WHEN json_valid(${ingestBodies.body}) THEN ${ingestBodies.body} ->> '$.event_type' END`

/** A page of alerts, newest first, with what their first delivery said; and how many there are. */
export const ingestedAlerts = (db: TenantDb, source: string, filter: IngestedFilter, page: Page) =>
  db.batch([
    db.join((query) =>
      query
        .select({
          alert: alerts,
          receivedAt: ingestDeliveries.receivedAt,
          eventType: EVENT_TYPE,
          payload: sql<
            string | null
          >`CASE WHEN length(${ingestBodies.body}) <= ${LARGEST_PAYLOAD} THEN ${ingestBodies.body} END`,
        })
        .from(alerts)
        .leftJoin(ingestDeliveries, first(db))
        .leftJoin(ingestBodies, firstBody(db))
        .where(matching(db, source, filter))
        .orderBy(desc(alerts.createdAt), desc(alerts.id))
        .limit(page.limit)
        .offset(page.offset),
    ),
    db.all<{ readonly n: number }>(
      sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${alerts} ${askedOf(db, filter)} WHERE ${matching(db, source, filter)} LIMIT ${COUNTED})`,
    ),
  ])

const first = (db: TenantDb) => and(eq(ingestDeliveries.id, alerts.deliveryId), db.mineById(ingestDeliveries))
const firstBody = (db: TenantDb) =>
  and(eq(ingestBodies.deliveryId, alerts.deliveryId), db.mineById(ingestBodies))

/** What has to be joined to count: nothing, unless the filter asks what a delivery said. */
function askedOf(db: TenantDb, { resource, eventType }: IngestedFilter): SQL {
  const delivery = sql`LEFT JOIN ${ingestDeliveries} ON ${first(db)} `
  const body = sql`LEFT JOIN ${ingestBodies} ON ${firstBody(db)}`
  return sql`${resource === undefined ? sql`` : delivery}${eventType === undefined ? sql`` : body}`
}

const matching = (
  db: TenantDb,
  source: string,
  { state, severity, resource, eventType }: IngestedFilter,
): SQL | undefined =>
  and(
    db.mine(alerts),
    eq(alerts.source, source),
    state === undefined ? undefined : eq(alerts.state, state),
    severity === undefined ? undefined : eq(alerts.severity, severity),
    resource === undefined ? undefined : sql`${RESOURCE} = ${resource}`,
    eventType === undefined ? undefined : sql`${EVENT_TYPE} = ${eventType}`,
  )

/** A page of finished builds of a CI system, newest first, and how many there are. */
export function deployments(db: TenantDb, source: string, service: string | undefined, page: Page) {
  const wanted = and(
    sql`${changeEvents.integrationId} IN (SELECT id FROM integrations WHERE org_id = ${db.orgId} AND source = ${source})`,
    service === undefined ? undefined : eq(changeEvents.service, service),
  )
  return db.batch([
    db
      .select(changeEvents, wanted)
      .orderBy(desc(changeEvents.finishedAt), desc(changeEvents.id))
      .limit(page.limit)
      .offset(page.offset),
    db.all<{ readonly n: number }>(
      sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${changeEvents} WHERE ${db.mine(changeEvents)} AND ${wanted} LIMIT ${COUNTED})`,
    ),
  ])
}
