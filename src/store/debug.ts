/** A hundred incidents as they lie in the database, without anything around: what the bench compares lists with. */
export async function bareList(d1: D1Database): Promise<readonly Record<string, unknown>[]> {
  const { results } = await d1
    .prepare(
      `SELECT id, source_type, source_alert_id, status, severity, alert_title, alert_service, alert_metadata, source_url, aurora_status,
        coalesce(manual_summary, run_summary, alert_summary) AS summary, chat_session_id, active_tab, correlated_alert_count,
        affected_services, merged_into_incident_id, started_at, analyzed_at, resolved_at, alert_fired_at, created_at, updated_at
      FROM incidents WHERE org_id = (SELECT org_id FROM incident_counts ORDER BY investigating + analyzed + resolved DESC LIMIT 1)
        AND status <> 'merged' ORDER BY started_at DESC, id DESC LIMIT 100`,
    )
    .all()
  return results
}
