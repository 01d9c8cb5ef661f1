/** Moving alerts between incidents, exactly reversible: each membership keeps where it was before, merge by merge. */
import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import {
  alerts,
  chatSessions,
  correlationDecisions,
  incidentAlerts,
  incidents,
  incidentThoughts,
  runContextUpdates,
  runs,
} from '../../drizzle/schema'
import { newId } from '../lib/ids'
import { SECOND } from '../lib/time'
import type { SessionRow } from './session-rows'
import type { TenantDb } from './tenant-db'

/** Both incidents, whole. */
export const incidentPair = (db: TenantDb, a: string, b: string) =>
  db.select(incidents, inArray(incidents.id, [a, b]))

/** `[{ alertId, service }]`: the alert that opened the incident, while it is there. */
export const primaryAlertOf = (db: TenantDb, incidentId: string) =>
  db
    .pick(
      { alertId: incidentAlerts.alertId },
      incidentAlerts,
      and(eq(incidentAlerts.incidentId, incidentId), eq(incidentAlerts.correlationStrategy, 'primary')),
    )
    .limit(1)

export const countAlertsOf = (db: TenantDb, incidentId: string) =>
  db.pick({ n: sql<number>`count(*)` }, incidentAlerts, eq(incidentAlerts.incidentId, incidentId))

/** Investigations of these incidents that have not ended. */
export const openInvestigationsOf = (db: TenantDb, incidentIds: readonly string[]) =>
  db.select(
    runs,
    and(
      inArray(runs.incidentId, [...incidentIds]),
      eq(runs.kind, 'investigation'),
      sql`${runs.state} IN ('queued', 'leased', 'running')`,
    ),
  )

/** `[{ n }]`: the number of the incident's newest investigation. */
export const newestOrdinal = (db: TenantDb, incidentId: string) =>
  db.pick(
    { n: sql<number>`coalesce(max(${runs.ordinal}), 0)` },
    runs,
    and(eq(runs.incidentId, incidentId), eq(runs.kind, 'investigation')),
  )

/** `[{ n }]`: 1 when an investigation of the incident has succeeded. */
export const anySucceeded = (db: TenantDb, incidentId: string) =>
  db
    .pick(
      { id: runs.id },
      runs,
      and(eq(runs.incidentId, incidentId), eq(runs.kind, 'investigation'), eq(runs.state, 'succeeded')),
    )
    .limit(1)

export const sessionOf = (db: TenantDb, id: string) =>
  db.select(chatSessions, eq(chatSessions.id, id)).limit(1)

export const lastThoughts = (db: TenantDb, incidentId: string, limit: number) =>
  db
    .pick(
      { content: incidentThoughts.content },
      incidentThoughts,
      eq(incidentThoughts.incidentId, incidentId),
    )
    .orderBy(desc(incidentThoughts.seq))
    .limit(limit)

/** All memberships and alerts of one incident now belong to the other. */
export const moveAlerts = (db: TenantDb, from: string, to: string, now: number) => [
  db.run(
    sql`UPDATE incident_alerts SET
        prior_correlation = json_object('chain', json_insert(json(coalesce(json_extract(prior_correlation, '$.chain'), '[]')), '$[#]',
          json_object('incidentId', incident_id, 'strategy', correlation_strategy, 'score', correlation_score, 'details', json(correlation_details)))),
        incident_id = ${to}, correlation_strategy = 'manual', correlation_score = 1,
        correlation_details = json_object('merged_from_incident', ${from})
      WHERE org_id = ${db.orgId} AND incident_id = ${from}`,
  ),
  db.update(alerts, { incidentId: to, updatedAt: now }, eq(alerts.incidentId, from)),
]

/** The step of a membership's past in which it left `home`. */
const steps = (home: string) =>
  sql`json_each(m.prior_correlation, '$.chain') AS step ON step.value ->> '$.incidentId' = ${home}`

/** Everything that a merge took from `home` and that lies in `away` now goes back, as it was before that merge. */
export const returnAlerts = (db: TenantDb, home: string, away: string, now: number) => [
  db.run(
    sql`UPDATE incident_alerts SET incident_id = ${home}, correlation_strategy = past.entry ->> '$.strategy', correlation_score = past.entry ->> '$.score',
        correlation_details = json_extract(past.entry, '$.details'),
        prior_correlation = CASE WHEN past.at > 0 THEN json_object('chain', (SELECT json_group_array(json(x.value)) FROM json_each(prior_correlation, '$.chain') AS x WHERE x.key < past.at)) END
      FROM (SELECT m.id AS membership, step.key AS at, step.value AS entry FROM incident_alerts AS m JOIN ${steps(home)}
        WHERE m.org_id = ${db.orgId} AND m.incident_id = ${away}) AS past
      WHERE incident_alerts.id = past.membership`,
  ),
  db.update(
    alerts,
    { incidentId: home, updatedAt: now },
    and(
      eq(alerts.incidentId, away),
      sql`${alerts.id} IN (SELECT alert_id FROM incident_alerts WHERE org_id = ${db.orgId} AND incident_id = ${home})`,
    ),
  ),
]

/** `[{ id }]`: where the alerts of a merged incident lie now, at the end of the chain of merges. */
export const whereAlertsLie = (db: TenantDb, incidentId: string) =>
  db.all<{ readonly id: string }>(
    sql`WITH RECURSIVE chain(id, next, depth) AS (
        SELECT id, merged_into_incident_id, 0 FROM incidents WHERE id = ${incidentId} AND org_id = ${db.orgId}
        UNION ALL
        SELECT i.id, i.merged_into_incident_id, depth + 1 FROM chain JOIN incidents i ON i.id = chain.next AND i.org_id = ${db.orgId} WHERE depth < 100
      ) SELECT id FROM chain ORDER BY depth DESC LIMIT 1`,
  )

/** Some alerts of an incident, folded by service. */
export interface AlertGroup {
  readonly service: string | null
  readonly n: number
  readonly open: number
  /** critical 4 … unknown 0 */
  readonly rank: number
  readonly lastAt: number
  readonly firstReceived: number
}

/** The alerts that lie in `away`, by service, apart by whether they would return to `home`. */
export const alertGroups = (db: TenantDb, home: string, away: string) =>
  db.all<AlertGroup & { readonly returns: 0 | 1 }>(
    sql`SELECT EXISTS (SELECT 1 FROM json_each(m.prior_correlation, '$.chain') s WHERE s.value ->> '$.incidentId' = ${home}) AS returns,
        a.service AS service, count(*) AS n, sum(a.state <> 'resolved') AS open,
        max(CASE a.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END) AS rank,
        max(max(a.starts_at, CASE WHEN a.state = 'resolved' THEN 0 ELSE a.last_transition_at END, CASE WHEN a.occurrences > 1 THEN a.last_seen_at ELSE 0 END)) AS lastAt,
        min(m.received_at) AS firstReceived
      FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id AND a.org_id = m.org_id
      WHERE m.org_id = ${db.orgId} AND m.incident_id = ${away} GROUP BY 1, 2`,
  )

export const closeSession = (db: TenantDb, id: string, now: number) =>
  db.update(
    chatSessions,
    { status: 'cancelled', activeRunId: null, pendingTurn: null, updatedAt: now },
    eq(chatSessions.id, id),
  )

export const reopenSession = (
  db: TenantDb,
  id: string,
  to: Pick<SessionRow, 'status' | 'priorStatus'>,
  now: number,
) => db.update(chatSessions, { ...to, activeRunId: null, updatedAt: now }, eq(chatSessions.id, id))

/** Leaves word for the run that is at work on the incident, if one is. */
export const tellOpenRun = (
  db: TenantDb,
  {
    incidentId,
    kind,
    text,
    alertId,
  }: {
    readonly incidentId: string
    readonly kind: string
    readonly text: string
    readonly alertId: string | null
  },
  now: number,
) =>
  db.run(
    sql`INSERT INTO ${runContextUpdates} (id, org_id, incident_id, seq, kind, alert_id, text, created_at)
      SELECT ${newId(now)}, ${db.orgId}, ${incidentId}, (SELECT coalesce(max(seq), 0) + 1 FROM run_context_updates WHERE incident_id = ${incidentId}), ${kind}, ${alertId}, ${text}, ${now}
      WHERE EXISTS (SELECT 1 FROM runs WHERE org_id = ${db.orgId} AND incident_id = ${incidentId} AND kind = 'investigation' AND state IN ('queued', 'leased', 'running'))`,
  )

const TOLD_TOGETHER = 10 * SECOND
const LONGEST_MESSAGE = 20_000

/**
 * Leaves word in a thread whose work is over. What comes within ten seconds of a message with the same beginning is added
 * to that, as long as it is the thread's last.
 */
export const tellThread = (
  db: TenantDb,
  { sessionId, begins, text }: { readonly sessionId: string; readonly begins: string; readonly text: string },
  now: number,
) =>
  [
    db.run(
      sql`UPDATE chat_messages SET text = substr(text || char(10) || char(10) || ${text}, 1, ${LONGEST_MESSAGE})
        WHERE session_id = ${sessionId} AND org_id = ${db.orgId} AND message_number = (SELECT message_count FROM chat_sessions WHERE id = ${sessionId})
          AND sender = 'assistant' AND run_id IS NULL AND created_at > ${now - TOLD_TOGETHER} AND instr(text, ${begins}) = 1`,
    ),
    db.run(
      sql`INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, is_completed, created_at)
        SELECT id, org_id, message_count + 1, 'assistant', ${text}, 1, ${now} FROM chat_sessions
        WHERE id = ${sessionId} AND org_id = ${db.orgId} AND changes() = 0`,
    ),
    db.run(
      sql`UPDATE chat_sessions SET message_count = message_count + changes(), updated_at = max(CAST(${now} AS INTEGER), updated_at + 1)
        WHERE id = ${sessionId} AND org_id = ${db.orgId}`,
    ),
  ] as const

/** A person's decision in the log that explains why an alert is where it is. */
export const recordDecision = (
  db: TenantDb,
  decision: {
    readonly alertId: string
    readonly incidentId: string
    readonly outcome: 'merged' | 'unmerged'
    readonly reason: string
    readonly settingsVersion: number
    readonly topologyVersion: number
  },
  now: number,
) =>
  db.insert(correlationDecisions, {
    ...decision,
    at: now,
    level: 1,
    strategy: 'manual',
    score: 1,
    threshold: 0,
    windowSeconds: 0,
    candidates: [],
  })
