const perStatement = 5_000
const perIncident = 100
const services = 50

/**
 * Fills an organisation with alerts of the last day, a hundred to an incident; every second incident is over with its alerts.
 * @param {D1Database} db
 * @param {{ orgId: string, integrationId: string, from: number, to: number }} range numbers of the alerts, `to` excluded
 */
export async function seedAlerts(db, { orgId, integrationId, from, to }) {
  for (let first = from; first < to; first += perStatement) {
    const last = Math.min(to, first + perStatement) - 1
    const incidents = [first / perIncident, Math.floor(last / perIncident)]
    await db.batch([
      db.prepare(insertIncidents).bind(orgId, ...incidents, Date.now() - 86_400_000),
      db.prepare(insertAlerts).bind(orgId, first, last, Date.now() - 86_400_000, integrationId),
      db.prepare(insertMemberships).bind(orgId, first, last, Date.now() - 86_400_000),
      db.prepare(insertEvents).bind(orgId, first, last, Date.now() - 86_400_000),
    ])
  }
}

const numbers = `WITH RECURSIVE numbers(n) AS (SELECT CAST(?2 AS INTEGER) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3)`
const id = (kind, n) => `printf('00000000-0000-7000-8${kind}-%012x', ${n})`
const incident = id('101', `n / ${perIncident}`)

const insertIncidents = `${numbers}
  INSERT INTO incidents (id, org_id, source_type, source_alert_id, status, severity, alert_title, alert_service,
    alert_metadata, primary_alert_id, alert_summary, chat_session_id, correlated_alert_count, open_alert_count,
    affected_services, started_at, last_alert_at, resolved_at, created_at, updated_at)
  SELECT ${id('101', 'n')}, ?1, 'generic', 'a' || n, CASE n % 2 WHEN 0 THEN 'investigating' ELSE 'resolved' END, 'high',
    'Symptom of service-' || (n % ${services}), 'service-' || (n % ${services}), '{}', ${id('102', `n * ${perIncident}`)}, '',
    ${id('103', 'n')}, ${perIncident - 1}, CASE n % 2 WHEN 0 THEN ${perIncident} ELSE 0 END,
    json_array('service-' || (n % ${services})), ?4 + n * 80000, ?4 + n * 80000,
    CASE n % 2 WHEN 0 THEN NULL ELSE ?4 + n * 80000 END, ?4 + n * 80000, ?4 + n * 80000 FROM numbers`

const insertAlerts = `${numbers}
  INSERT INTO alerts (id, org_id, integration_id, incident_id, delivery_id, source, source_type, kind, dedup_key,
    source_alert_id, state, severity, title, service, starts_at, last_seen_at, last_transition_at, resolved_at,
    authenticity, labels, metadata, created_at, updated_at)
  SELECT ${id('102', 'n')}, ?1, ?5, ${incident}, ${id('104', 'n')}, 'generic', 'generic', 'alert', 'old-' || n, 'old-' || n,
    CASE n / ${perIncident} % 2 WHEN 0 THEN 'firing' ELSE 'resolved' END, 'high', 'Symptom ' || n, 'service-' || (n / ${perIncident} % ${services}),
    ?4 + n * 800, ?4 + n * 800, ?4 + n * 800, CASE n / ${perIncident} % 2 WHEN 0 THEN NULL ELSE ?4 + n * 800 END,
    'token', '{}', '{}', ?4 + n * 800, ?4 + n * 800 FROM numbers`

const insertMemberships = `${numbers}
  INSERT INTO incident_alerts (id, org_id, incident_id, origin_incident_id, alert_id, correlation_strategy,
    correlation_score, correlation_details, received_at)
  SELECT ${id('105', 'n')}, ?1, ${incident}, ${incident}, ${id('102', 'n')},
    CASE n % ${perIncident} WHEN 0 THEN 'primary' ELSE 'topology' END, 1, '{}', ?4 + n * 800 FROM numbers`

const insertEvents = `${numbers}
  INSERT INTO alert_events (id, org_id, alert_id, delivery_id, idx, effect, event_time, at)
  SELECT ${id('106', 'n')}, ?1, ${id('102', 'n')}, ${id('104', 'n')}, 0, 'opened', ?4 + n * 800, ?4 + n * 800 FROM numbers`
