/** What an investigation may read of its incident's surroundings, all within its organisation. */
import { and, asc, desc, eq, gte, inArray, lte, sql, type SQL } from 'drizzle-orm'
import { alerts, changeEvents, incidentAlerts, incidents, ingestBodies } from '../../drizzle/schema'
import type {
  AlertFacts,
  AlertHistoryFacts,
  ChangeFacts,
  EdgeFacts,
  IncidentFacts,
  PastIncidentFacts,
  Reads,
  Severity,
} from '../agent/facts'
import { ownDocuments } from './own-documents'
import type { TenantDb } from './tenant-db'

const list = (values: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`

/** The reads of one incident. */
export const agentReads = (tenant: TenantDb, incidentId: string): Reads => ({
  incident: () => readFacts(tenant, incidentId),
  alerts: (limit) => readAlerts(tenant, incidentId, limit),
  payload: (alertId) => readPayload(tenant, incidentId, alertId),
  alertHistory: (alertId, since) => readHistory(tenant, alertId, since),
  changes: (query) => readChanges(tenant, query),
  edges: (services, hops) => readEdges(tenant, services, hops),
  openAlerts: (services) => readOpenAlerts(tenant, services),
  pastIncidents: () => readPast(tenant, incidentId),
  recentIncidents: (service, since) => readRecent(tenant, incidentId, service, since),
  documents: (query) => ownDocuments(tenant, incidentId, query),
})

async function readFacts(tenant: TenantDb, incidentId: string): Promise<IncidentFacts> {
  const [row] = await tenant.select(incidents, eq(incidents.id, incidentId)).limit(1)
  if (row === undefined) throw new Error(`incident ${incidentId} is gone`)
  return incidentFacts(row)
}

/** An incident as the agent sees it. */
export const incidentFacts = (row: typeof incidents.$inferSelect): IncidentFacts => ({
  id: row.id,
  title: row.alertTitle,
  service: row.alertService,
  environment: row.alertEnvironment,
  severity: row.severity,
  status: row.status,
  sourceType: row.sourceType,
  startedAt: row.startedAt,
  resolvedAt: row.resolvedAt,
  affectedServices: row.affectedServices,
  alertCount: row.correlatedAlertCount + 1,
})

async function readAlerts(tenant: TenantDb, incidentId: string, limit: number): Promise<AlertFacts[]> {
  const rows = await tenant.join((db) =>
    db
      .select({
        id: alerts.id,
        title: alerts.title,
        description: alerts.description,
        service: alerts.service,
        environment: alerts.environment,
        host: alerts.host,
        severity: alerts.severity,
        state: alerts.state,
        source: alerts.source,
        dedupKey: alerts.dedupKey,
        startsAt: alerts.startsAt,
        lastSeenAt: alerts.lastSeenAt,
        resolvedAt: alerts.resolvedAt,
        occurrences: alerts.occurrences,
        flaps: alerts.flaps,
        labels: alerts.labels,
        sourceUrl: alerts.sourceUrl,
        runbookUrl: alerts.runbookUrl,
        strategy: incidentAlerts.correlationStrategy,
        score: incidentAlerts.correlationScore,
      })
      .from(incidentAlerts)
      .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mine(alerts)))
      .where(and(tenant.mine(incidentAlerts), eq(incidentAlerts.incidentId, incidentId)))
      .orderBy(desc(alerts.startsAt), desc(alerts.id))
      .limit(limit),
  )
  return rows.toReversed()
}

async function readPayload(tenant: TenantDb, incidentId: string, alertId: string): Promise<unknown> {
  const delivery = sql`(SELECT a.delivery_id FROM alerts a WHERE a.id = ${alertId} AND a.incident_id = ${incidentId} AND a.org_id = ${tenant.orgId})`
  const [row] = await tenant
    .pick({ body: ingestBodies.body }, ingestBodies, sql`${ingestBodies.deliveryId} = ${delivery}`)
    .limit(1)
  if (row === undefined) return null
  try {
    const payload: unknown = JSON.parse(row.body)
    return payload
  } catch {
    return row.body
  }
}

async function readHistory(tenant: TenantDb, alertId: string, since: number): Promise<AlertHistoryFacts[]> {
  const same = (column: string): SQL =>
    sql`(SELECT ${sql.identifier(column)} FROM alerts WHERE id = ${alertId} AND org_id = ${tenant.orgId})`
  return tenant.join((db) =>
    db
      .select({
        alertId: alerts.id,
        incidentId: alerts.incidentId,
        startedAt: alerts.startsAt,
        resolvedAt: alerts.resolvedAt,
        occurrences: alerts.occurrences,
        flaps: alerts.flaps,
      })
      .from(alerts)
      .where(
        and(
          tenant.mineById(alerts),
          sql`${alerts.integrationId} = ${same('integration_id')}`,
          sql`${alerts.dedupKey} = ${same('dedup_key')}`,
          gte(alerts.createdAt, since),
          sql`${alerts.id} <> ${alertId}`,
        ),
      )
      .orderBy(desc(alerts.createdAt))
      .limit(100),
  )
}

const CHANGES = 50

async function readChanges(
  tenant: TenantDb,
  {
    services,
    from,
    to,
  }: { readonly services: readonly string[] | null; readonly from: number; readonly to: number },
): Promise<ChangeFacts[]> {
  const within = and(gte(changeEvents.finishedAt, from), lte(changeEvents.finishedAt, to))
  const of =
    services === null
      ? within
      : and(
          within,
          sql`lower(${changeEvents.service}) IN ${list(services.map((name) => name.toLowerCase()))}`,
        )
  return tenant
    .pick(
      {
        id: changeEvents.id,
        kind: changeEvents.kind,
        provider: changeEvents.provider,
        job: changeEvents.job,
        build: changeEvents.build,
        title: changeEvents.title,
        service: changeEvents.service,
        environment: changeEvents.environment,
        result: changeEvents.result,
        commit: changeEvents.commit,
        branch: changeEvents.branch,
        repository: changeEvents.repository,
        author: changeEvents.author,
        url: changeEvents.url,
        startedAt: changeEvents.startedAt,
        finishedAt: changeEvents.finishedAt,
      },
      changeEvents,
      of,
    )
    .orderBy(desc(changeEvents.finishedAt), desc(changeEvents.id))
    .limit(CHANGES)
}

const EDGES = 500

/** Walks the dependencies both ways, breadth first. */
async function readEdges(tenant: TenantDb, services: readonly string[], hops: number): Promise<EdgeFacts[]> {
  const start = list(services.map((name) => name.trim().toLowerCase()))
  return tenant.all<EdgeFacts>(
    sql`WITH RECURSIVE near(name, hops) AS (
        SELECT value, 0 FROM ${start}
        UNION
        SELECT CASE WHEN e.from_service = near.name THEN e.to_service ELSE e.from_service END, near.hops + 1
        FROM near JOIN service_edges e ON e.org_id = ${tenant.orgId} AND (e.from_service = near.name OR e.to_service = near.name)
        WHERE near.hops < ${hops}
      )
      SELECT DISTINCT e.from_service AS "from", e.to_service AS "to" FROM service_edges e
      WHERE e.org_id = ${tenant.orgId} AND e.from_service IN (SELECT name FROM near) AND e.to_service IN (SELECT name FROM near)
      ORDER BY 1, 2 LIMIT ${EDGES}`,
  )
}

async function readOpenAlerts(
  tenant: TenantDb,
  services: readonly string[],
): Promise<{ readonly service: string; readonly severity: Severity }[]> {
  const rows = await tenant
    .pick(
      { service: sql<string>`${alerts.service}`, severity: alerts.severity },
      alerts,
      and(inArray(alerts.service, [...services].slice(0, 50)), sql`${alerts.state} <> 'resolved'`),
    )
    .limit(500)
  const worst = new Map<string, Severity>()
  for (const { service, severity } of rows) {
    const known = worst.get(service)
    if (known === undefined || RANK[severity] > RANK[known]) worst.set(service, severity)
  }
  return [...worst]
    .map(([service, severity]) => ({ service, severity }))
    .sort((a, b) => (a.service < b.service ? -1 : 1))
}

const RANK: Readonly<Record<Severity, number>> = { critical: 4, high: 3, medium: 2, low: 1, unknown: 0 }

/** Incidents that share an alert's identity or the primary service with this one. */
async function readPast(tenant: TenantDb, incidentId: string): Promise<PastIncidentFacts[]> {
  const sameKey = sql`SELECT b.incident_id FROM alerts a JOIN alerts b ON b.integration_id = a.integration_id AND b.dedup_key = a.dedup_key WHERE a.incident_id = ${incidentId} AND a.org_id = ${tenant.orgId} LIMIT 200`
  const sameService = sql`SELECT i.id FROM (SELECT s.value AS service FROM incidents t, json_each(t.affected_services) s WHERE t.id = ${incidentId} AND t.org_id = ${tenant.orgId}) q
    JOIN incidents i ON i.id IN (SELECT x.id FROM incidents x WHERE x.org_id = ${tenant.orgId} AND x.alert_service = q.service ORDER BY x.started_at DESC LIMIT 20)`
  return pastFacts(
    tenant,
    and(
      tenant.mineById(incidents),
      sql`${incidents.id} <> ${incidentId}`,
      sql`${incidents.id} IN (SELECT * FROM (${sameKey}) UNION SELECT * FROM (${sameService}))`,
    ),
    50,
  )
}

const readRecent = (tenant: TenantDb, incidentId: string, service: string, since: number) =>
  pastFacts(
    tenant,
    and(
      tenant.mine(incidents),
      sql`${incidents.id} <> ${incidentId}`,
      eq(incidents.alertService, service),
      gte(incidents.startedAt, since),
    ),
    20,
  )

async function pastFacts(
  tenant: TenantDb,
  which: SQL | undefined,
  limit: number,
): Promise<PastIncidentFacts[]> {
  // Tables are named in full: among chosen columns Drizzle leaves their names away, and the subqueries have ids of their own.
  const ofRun = <T>(column: string) =>
    sql<T>`(SELECT r.${sql.raw(column)} FROM runs r WHERE r.incident_id = incidents.id AND r.kind = 'investigation' AND r.state = 'succeeded' ORDER BY r.ordinal DESC LIMIT 1)`.as(
      column,
    )
  const rows = await tenant.join((db) =>
    db
      .select({
        id: incidents.id,
        title: incidents.alertTitle,
        services: incidents.affectedServices,
        dedupKeys:
          sql<string>`(SELECT json_group_array(dedup_key) FROM (SELECT DISTINCT k.dedup_key FROM alerts k WHERE k.incident_id = incidents.id AND k.org_id = incidents.org_id ORDER BY 1 LIMIT 50))`.as(
            'keys',
          ),
        severity: incidents.severity,
        status: incidents.status,
        startedAt: incidents.startedAt,
        resolvedAt: incidents.resolvedAt,
        verdict: ofRun<'confirmed' | 'likely' | 'inconclusive' | null>('verdict'),
        mechanism: ofRun<string | null>('mechanism'),
        rootCauseService: ofRun<string | null>('root_cause_service'),
        /** What the last of those said who said anything. */
        helpful: sql<
          0 | 1 | null
        >`(SELECT f.feedback_type = 'helpful' FROM incident_feedback f WHERE f.incident_id = incidents.id AND f.org_id = incidents.org_id ORDER BY f.created_at DESC LIMIT 1)`.as(
          'helpful',
        ),
      })
      .from(incidents)
      .where(which)
      .orderBy(desc(incidents.startedAt), asc(incidents.id))
      .limit(limit),
  )
  return rows.map(({ dedupKeys, helpful, ...row }) => ({
    ...row,
    dedupKeys: stringsOf(dedupKeys),
    helpful: helpful === null ? null : helpful === 1,
  }))
}

function stringsOf(json: string): readonly string[] {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
