/**
 * The rows of a list and of a detail as they lie in the database, through the bare binding and without anything around: what
 * the bench compares those two with. Each statement is as plain as the schema's indexes allow.
 */

const LISTED = `id, source_type, source_alert_id, status, severity, alert_title, alert_service, alert_metadata, source_url,
  aurora_status, coalesce(manual_summary, run_summary, alert_summary) AS summary, chat_session_id, active_tab,
  correlated_alert_count, affected_services, merged_into_incident_id, suppressed_by, started_at, analyzed_at, resolved_at,
  alert_fired_at, created_at, updated_at`

/** The newest hundred incidents of an organisation. */
export async function bareList(d1: D1Database, orgId: string): Promise<readonly unknown[]> {
  const { results } = await d1
    .prepare(
      `SELECT ${LISTED} FROM incidents WHERE org_id = ? AND status <> 'merged'
      ORDER BY started_at DESC, id DESC LIMIT 100`,
    )
    .bind(orgId)
    .all()
  return results
}

/** All rows that one incident's detail shows, in one batch. */
export async function bareDetail(
  d1: D1Database,
  of: { readonly orgId: string; readonly incidentId: string; readonly userId: string },
): Promise<readonly (readonly unknown[])[]> {
  const read = (query: string, ...values: readonly string[]) => d1.prepare(query).bind(...values)
  const { orgId, incidentId, userId } = of
  const results = await d1.batch([
    read(`SELECT ${LISTED} FROM incidents WHERE org_id = ? AND id = ?`, orgId, incidentId),
    read(
      `SELECT id, state, step, verdict, confidence, analyst, degraded, budget_exhausted, mechanism, root_cause_service,
        started_at, ended_at FROM runs WHERE org_id = ? AND incident_id = ? AND kind = 'investigation' ORDER BY ordinal DESC LIMIT 1`,
      orgId,
      incidentId,
    ),
    read("SELECT seq FROM sqlite_sequence WHERE name = 'feed_events'"),
    read(
      `SELECT a.id, a.source_type, a.title, a.service, a.severity, a.state, a.authenticity, i.correlation_strategy,
        i.correlation_score, i.correlation_details, i.received_at
      FROM incident_alerts i JOIN alerts a ON a.id = i.alert_id
      WHERE i.org_id = ? AND i.incident_id = ? ORDER BY i.received_at`,
      orgId,
      incidentId,
    ),
    read(
      'SELECT * FROM incident_suggestions WHERE org_id = ? AND incident_id = ? ORDER BY created_at',
      orgId,
      incidentId,
    ),
    read(
      `SELECT id, seq, timestamp, content, thought_type, created_at FROM incident_thoughts
      WHERE org_id = ? AND incident_id = ? ORDER BY seq`,
      orgId,
      incidentId,
    ),
    read(
      `SELECT id, number, tool, command, output, executed_at, cited_at FROM evidence
      WHERE org_id = ? AND incident_id = ? AND cited_at IS NOT NULL ORDER BY number`,
      orgId,
      incidentId,
    ),
    read(
      'SELECT * FROM chat_sessions WHERE org_id = ? AND incident_id = ? AND user_id = ? AND is_active = 1',
      orgId,
      incidentId,
      userId,
    ),
    read(
      `SELECT * FROM chat_messages WHERE session_id IN (
        SELECT id FROM chat_sessions WHERE org_id = ? AND incident_id = ? AND user_id = ? AND is_active = 1)
      ORDER BY session_id, message_number`,
      orgId,
      incidentId,
      userId,
    ),
    read(
      `SELECT body FROM ingest_bodies WHERE delivery_id = (
        SELECT a.delivery_id FROM alerts a JOIN incidents i ON i.primary_alert_id = a.id WHERE i.org_id = ? AND i.id = ?)`,
      orgId,
      incidentId,
    ),
    read(
      'SELECT model_name, input_tokens, output_tokens, estimated_cost FROM llm_usage WHERE org_id = ? AND incident_id = ?',
      orgId,
      incidentId,
    ),
  ])
  return results.map(({ results }) => results)
}
