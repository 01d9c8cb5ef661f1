/** What one incident's page shows, each part a statement: they go into one batch. */
import { getTableColumns, sql } from 'drizzle-orm'
import {
  alerts,
  chatMessages,
  chatSessions,
  evidence,
  incidentAlerts,
  incidents,
  incidentSuggestions,
  incidentThoughts,
  ingestBodies,
  llmUsage,
  runs,
} from '../../drizzle/schema'
import { HEAD } from './feed'
import { LISTED, MERGED_INTO_TITLE } from './incidents'
import { limitedTo, NOTHING, plain } from './plain-sql'
import { shape } from './read'
import type { TenantDb } from './tenant-db'

const incident = shape(incidents, {
  ...LISTED,
  runSummary: incidents.runSummary,
  version: incidents.version,
  acknowledgedAt: incidents.acknowledgedAt,
  mergedIntoTitle: MERGED_INTO_TITLE,
  streamHead: HEAD.as('head'),
})

/** An incident with the title of the one it was merged into, and the position of the streams that matches it. */
export const incidentById = (db: TenantDb, id: string) => db.read(incident, plain`id = ${id}`, plain`LIMIT 1`)

const investigation = shape(runs, {
  id: runs.id,
  state: runs.state,
  step: runs.step,
  verdict: runs.verdict,
  confidence: runs.confidence,
  analyst: runs.analyst,
  degraded: runs.degraded,
  budgetExhausted: runs.budgetExhausted,
  mechanism: runs.mechanism,
  rootCauseService: runs.rootCauseService,
  startedAt: runs.startedAt,
  endedAt: runs.endedAt,
})

/** What is shown of the newest investigation that was not skipped before it began. */
export const shownInvestigation = (db: TenantDb, incidentId: string) =>
  db.read(
    investigation,
    plain`incident_id = ${incidentId} AND kind = 'investigation' AND (state <> 'cancelled' OR started_at IS NOT NULL)`,
    plain`ORDER BY ordinal DESC LIMIT 1`,
  )

const joinedAlert = shape(
  incidentAlerts,
  {
    id: alerts.id,
    sourceType: alerts.sourceType,
    title: alerts.title,
    service: alerts.service,
    severity: alerts.severity,
    state: alerts.state,
    authenticity: alerts.authenticity,
    strategy: incidentAlerts.correlationStrategy,
    score: incidentAlerts.correlationScore,
    details: incidentAlerts.correlationDetails,
    receivedAt: incidentAlerts.receivedAt,
  },
  {
    joined: 'JOIN alerts ON alerts.id = incident_alerts.alert_id AND alerts.org_id = incident_alerts.org_id',
  },
)

/** Alerts of an incident with why they are there, in order of receipt. */
export const alertsOfIncident = (db: TenantDb, incidentId: string, limit = 1000) =>
  db.read(
    joinedAlert,
    plain`incident_alerts.incident_id = ${incidentId}`,
    plain`ORDER BY incident_alerts.received_at, incident_alerts.id ${limitedTo(limit)}`,
  )

const suggestion = shape(incidentSuggestions, getTableColumns(incidentSuggestions))

export const suggestionsOf = (db: TenantDb, incidentId: string, limit = 500) =>
  db.read(
    suggestion,
    plain`incident_id = ${incidentId} AND shown = 1`,
    plain`ORDER BY created_at, ordinal ${limitedTo(limit)}`,
  )

const thought = shape(incidentThoughts, {
  id: incidentThoughts.id,
  timestamp: incidentThoughts.timestamp,
  content: incidentThoughts.content,
  type: incidentThoughts.thoughtType,
  createdAt: incidentThoughts.createdAt,
})

/** The newest thoughts, newest first; only later ones than `after` when that thought exists. */
export function thoughtsOf(db: TenantDb, incidentId: string, after: string | null, limit = 2000) {
  const later =
    after === null
      ? NOTHING
      : plain` AND seq > coalesce((SELECT a.seq FROM incident_thoughts a WHERE a.id = ${after} AND a.incident_id = ${incidentId}), 0)`
  return db.read(
    thought,
    plain`incident_id = ${incidentId}${later}`,
    plain`ORDER BY seq DESC ${limitedTo(limit)}`,
  )
}

const citation = shape(evidence, {
  id: evidence.id,
  number: evidence.number,
  tool: evidence.tool,
  command: evidence.command,
  output: evidence.output,
  executedAt: evidence.executedAt,
  createdAt: sql<number>`${evidence.citedAt}`.as('cited'),
})

/** What the published summary cites, in numeric order. */
export const citationsOf = (db: TenantDb, incidentId: string, limit = 500) =>
  db.read(
    citation,
    plain`incident_id = ${incidentId} AND cited_at IS NOT NULL`,
    plain`ORDER BY number ${limitedTo(limit)}`,
  )

const session = shape(chatSessions, {
  id: chatSessions.id,
  title: chatSessions.title,
  status: chatSessions.status,
  createdAt: chatSessions.createdAt,
  updatedAt: chatSessions.updatedAt,
})

/** The caller's own threads about an incident, without the investigation's. */
export const threadsOf = (db: TenantDb, incidentId: string, userId: string, limit = 50) =>
  db.read(
    session,
    plain`incident_id = ${incidentId} AND user_id = ${userId} AND is_active = 1 AND status <> 'cancelled'`,
    plain`ORDER BY created_at ${limitedTo(limit)}`,
  )

const message = shape(chatMessages, getTableColumns(chatMessages))

/** The newest 200 messages of each of those threads. */
export const threadMessagesOf = (db: TenantDb, incidentId: string, userId: string, limit = 10_000) =>
  db.read(
    message,
    plain`session_id IN (
        SELECT id FROM chat_sessions WHERE incident_id = ${incidentId} AND user_id = ${userId} AND is_active = 1
          AND status <> 'cancelled' ORDER BY created_at LIMIT 50)
      AND message_number > (SELECT s.message_count - 200 FROM chat_sessions s WHERE s.id = chat_messages.session_id)`,
    plain`ORDER BY session_id, message_number ${limitedTo(limit)}`,
  )

const payload = shape(ingestBodies, { body: ingestBodies.body })

/** The payload that brought the incident's first alert; of PagerDuty, which tells an alert's story in many, all, oldest first. */
export const rawPayloadOf = (db: TenantDb, incidentId: string, limit = 50) =>
  db.read(
    payload,
    plain`delivery_id IN (
        SELECT a.delivery_id FROM alerts a JOIN incidents i ON i.primary_alert_id = a.id
        WHERE i.id = ${incidentId} AND i.org_id = ${db.orgId}
        UNION ALL
        SELECT e.delivery_id FROM incidents i JOIN alert_events e ON e.alert_id = i.primary_alert_id
        WHERE i.id = ${incidentId} AND i.org_id = ${db.orgId} AND i.source_type = 'pagerduty')`,
    plain`ORDER BY delivery_id ${limitedTo(limit)}`,
  )

const usage = shape(llmUsage, {
  model: llmUsage.modelName,
  requestCount: sql<number>`count(*)`.as('requests'),
  inputTokens: sql<number>`sum(${llmUsage.inputTokens})`.as('input'),
  outputTokens: sql<number>`sum(${llmUsage.outputTokens})`.as('output'),
  cost: sql<number>`coalesce(sum(${llmUsage.estimatedCost}), 0)`.as('cost'),
})

/** Model use of an incident by model; nothing is read with a limit of 0. */
export const usageOfIncident = (db: TenantDb, incidentId: string, limit = 100) =>
  db.read(
    usage,
    plain`incident_id = ${incidentId}`,
    plain`GROUP BY model_name ORDER BY model_name ${limitedTo(limit)}`,
  )
