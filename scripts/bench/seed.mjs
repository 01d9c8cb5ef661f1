const perStatement = 2_000

/** Id of the n-th seeded incident. */
export const seededId = (n) => `00000000-0000-7000-8001-${n.toString(16).padStart(12, '0')}`

/**
 * Fills an organisation with incidents that are over: 3 of 4 resolved, the others analysed.
 * @param {D1Database} db
 * @param {{ orgId: string, from: number, to: number }} range numbers of the incidents, `to` excluded
 */
export async function seedIncidents(db, { orgId, from, to }) {
  for (let first = from; first < to; first += perStatement) {
    const last = Math.min(to, first + perStatement) - 1
    await db
      .prepare(insertIncidents)
      .bind(orgId, first, last, Date.now() - 86_400_000)
      .run()
  }
}

const uuid = (kind) => `printf('00000000-0000-7000-8${kind}-%012x', n)`

const insertIncidents = `
  WITH RECURSIVE numbers(n) AS (SELECT CAST(?2 AS INTEGER) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3)
  INSERT INTO incidents (id, org_id, source_type, source_alert_id, status, severity, alert_title, alert_service,
    alert_environment, alert_metadata, source_url, primary_alert_id, aurora_status, alert_summary, run_summary,
    chat_session_id, correlated_alert_count, open_alert_count, affected_services, started_at, alert_fired_at,
    last_alert_at, analyzed_at, resolved_at, created_at, updated_at)
  SELECT ${uuid('001')}, ?1, 'grafana', printf('%08x', n), CASE n % 4 WHEN 0 THEN 'analyzed' ELSE 'resolved' END,
    CASE n % 3 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' ELSE 'medium' END,
    'High error rate on service-' || (n % 200), 'service-' || (n % 200), 'production',
    json_object('fingerprint', printf('%016x', n), 'severityRaw', 'critical', 'labels', json_object('env', 'production')),
    'https://grafana.example.com/alerting/grafana/' || n || '/view', ${uuid('002')}, 'complete',
    'Investigating High error rate', 'Deployment ' || n || ' preceded the errors by 4 minutes [1]. ' || 'The error rate rose.',
    ${uuid('003')}, n % 5, 0, json_array('service-' || (n % 200)), ?4 - n * 1000, ?4 - n * 1000,
    ?4 - n * 1000, ?4 - n * 1000 + 60000, CASE n % 4 WHEN 0 THEN NULL ELSE ?4 - n * 1000 + 600000 END,
    ?4 - n * 1000, ?4 - n * 1000 + 600000
  FROM numbers`
