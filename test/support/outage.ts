/** An outage that an investigation can explain, and what the investigation leaves. */
import { env } from 'cloudflare:workers'
import { newId } from '../../src/lib/ids'
import { aCorrelation, at } from './alerts'
import type { RunOf } from './executor'

type Org = Awaited<ReturnType<typeof aCorrelation>>

/** An outage that an investigation can explain: a deployment, then the service, then its dependant. */
export async function anOutage() {
  const org = await aCorrelation()
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO change_events (id, org_id, integration_id, kind, provider, job, build, title, service, environment, result, finished_at, created_at)
      VALUES (?1, ?2, 'api', 'deployment', 'ci', 'deploy-checkout', '1042', 'Deploy 1042', 'checkout', 'production', 'SUCCESS', ?3, ?3)`,
    ).bind(newId(), org.orgId, at(-240)),
    env.DB.prepare(
      "INSERT INTO service_edges (org_id, from_service, to_service) VALUES (?1, 'web', 'checkout')",
    ).bind(org.orgId),
  ])
  const { runIds } = await org.send({ severity: 'critical' })
  await org.send({ dedupKey: 'web', service: 'web', title: 'Error rate high on web', eventTime: at(60) })
  const [first] = runIds
  if (first === undefined) throw new Error('no run')
  const { id: incidentId, chat_session_id: sessionId } = await org.one<{
    id: string
    chat_session_id: string
  }>('SELECT id, chat_session_id FROM incidents WHERE org_id = ?')
  return { org, incidentId, run: { orgId: org.orgId, runId: first.id, sessionId } satisfies RunOf }
}

export const STARTS = at(120)

/** What an investigation leaves, without ids. */
export async function leavings(org: Org) {
  const left = {
    runs: await org.rows(
      "SELECT state, step, verdict, error_code FROM runs WHERE org_id = ? AND kind = 'investigation'",
    ),
    thoughts: await org.rows(
      'SELECT seq, step, thought_type, content FROM incident_thoughts WHERE org_id = ? ORDER BY seq',
    ),
    evidence: await org.rows(
      'SELECT number, tool_call_key, tool, command, output, status, cited_at IS NOT NULL AS cited FROM evidence WHERE org_id = ? ORDER BY number',
    ),
    incident: await org.rows(
      'SELECT status, aurora_status, run_summary, severity FROM incidents WHERE org_id = ?',
    ),
    suggestions: await org.rows(
      'SELECT ordinal, title, shown FROM incident_suggestions WHERE org_id = ? ORDER BY ordinal',
    ),
    messages: await org.rows(
      'SELECT message_number, sender, text FROM chat_messages WHERE org_id = ? ORDER BY message_number',
    ),
    session: await org.rows(
      'SELECT status, message_count, active_run_id FROM chat_sessions WHERE org_id = ?',
    ),
    lifecycle: await org.rows('SELECT event FROM lifecycle_events WHERE org_id = ? ORDER BY event'),
    outbox: await org.rows('SELECT kind FROM outbox WHERE org_id = ? AND done_at IS NULL'),
    feed: await org.rows(
      "SELECT json_extract(event, '$.type') AS type, count(*) AS n FROM feed_events WHERE org_id = ? GROUP BY 1 ORDER BY 1",
    ),
  }
  return JSON.parse(
    JSON.stringify(left)
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'),
  )
}
