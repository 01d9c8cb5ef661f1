import { grafanaAlert, grafanaNotification } from '../lib/grafana.mjs'
import { waitFor } from '../lib/wait.mjs'
import { seededId } from './seed.mjs'

/** An incident with everything that a real one has: alerts, an investigation, a chat. */
async function prepareIncident(api, webhookUrl, service) {
  const alert = (alertname) =>
    grafanaAlert({ alertname, service, severity: 'critical', summary: alertname, startsAt: new Date() })
  for (const name of ['HighErrorRate', 'HighLatency', 'QueueGrows'])
    await api.post(webhookUrl, grafanaNotification([alert(name)]))
  const incident = await waitFor(
    'an investigated incident',
    async () => {
      const { incidents } = await api.get('/api/incidents?status=analyzed')
      return incidents.find((one) => one.alert.service === service)
    },
    { timeoutMs: 30_000 },
  )
  const { session_id: sessionId } = await api.post(`/api/incidents/${incident.id}/chat`, {
    question: 'What happened?',
  })
  await waitFor('the answer', async () => {
    const { status } = await api.get(`/chat_api/sessions/${sessionId}`)
    return status === 'completed'
  })
  return { incidentId: incident.id, sessionId }
}

const THOUGHTS = 40

/** As many thoughts as a long investigation leaves. */
const addThoughts = (db, incidentId) =>
  db
    .prepare(
      `WITH RECURSIVE more(n) AS (
        SELECT count(*) FROM incident_thoughts WHERE incident_id = ?1 UNION ALL SELECT n + 1 FROM more WHERE n < ?2 - 1)
      INSERT INTO incident_thoughts
        (id, org_id, incident_id, run_id, seq, step, iteration, ordinal, timestamp, content, thought_type)
      SELECT printf('00000000-0000-7000-8009-%012x', n), t.org_id, t.incident_id, t.run_id, 1000 + n, 'more', 0, n,
        t.timestamp + n, t.content, t.thought_type
      FROM more, (SELECT * FROM incident_thoughts WHERE incident_id = ?1 LIMIT 1) t WHERE n < ?2`,
    )
    .bind(incidentId, THOUGHTS)
    .run()

/**
 * Two investigated incidents: one is read, the other is asked, so that the questions do not weigh on the reading. And what
 * the paths of other reads name.
 */
export async function prepareKnown({ api, orgId }, db) {
  const { webhookUrl } = await api.post('/api/integrations', { source: 'grafana', name: 'Grafana' })
  const { incidentId, sessionId } = await prepareIncident(api, webhookUrl, 'checkout-api')
  const { incidentId: askedId } = await prepareIncident(api, webhookUrl, 'payments-db')
  await addThoughts(db, incidentId)
  await api.patch(`/api/incidents/${incidentId}`, { status: 'resolved' })
  await waitFor('the postmortem', () => api.get(`/api/incidents/${incidentId}/postmortem`).catch(() => null))
  const { id: userId } = await api.get('/api/auth/me')
  const [{ runs }, { alerts }, { deliveries }, { integrations }, { findings }, { workspaces }] =
    await Promise.all([
      api.get(`/api/incidents/${incidentId}/runs`),
      api.get(`/api/alerts`),
      api.get('/api/ingest/deliveries'),
      api.get('/api/integrations'),
      api.get(`/api/incidents/${incidentId}/findings`),
      api.get(`/users/${userId}/workspaces`),
    ])
  const names = {
    incident_id: incidentId,
    session_id: sessionId,
    run_id: runs[0].runId,
    alert_id: alerts[0].id,
    delivery_id: deliveries[0].id,
    integration_id: integrations[0].id,
    agent_id: findings[0].agent_id,
    version: 1,
    user_id: userId,
    uid: userId,
    provider: 'grafana',
  }
  const ids = (path, name) =>
    name === 'id' && path.startsWith('/workspaces/') ? workspaces[0].id : names[name]
  return { orgId, userId, incidentId, sessionId, askedId, ids }
}

/** Reads with everything that a request does, each beside a route that reads the same rows and does nothing else. */
export function bareRoutes({ headers }, { orgId, userId, incidentId }) {
  const list = 'raw D1: the rows of 100 incidents'
  const detail = 'raw D1: the rows of one incident with 40 thoughts'
  return [
    { name: 'plain text', request: { path: '/debug/plain' } },
    { name: list, request: { path: `/debug/rows/${orgId}` } },
    { name: 'GET /api/incidents', of: list, request: { path: '/api/incidents', headers } },
    { name: detail, request: { path: `/debug/rows/${orgId}/${userId}/${incidentId}` } },
    {
      name: 'GET /api/incidents/:id',
      of: detail,
      request: { path: `/api/incidents/${incidentId}`, headers },
    },
  ]
}

let serial = 0

/** A notification that was never sent before, of a service whose alerts all join one incident. */
function freshNotification(service) {
  serial++
  return grafanaNotification([
    grafanaAlert({
      alertname: `Load${serial}`,
      service,
      severity: 'warning',
      summary: `load test alert ${serial}`,
      startsAt: new Date(),
    }),
  ])
}

/**
 * What is measured alone. `next` gives a request; `most` bounds how many are sent where each leaves work behind; `promise`
 * is the number of round trips to the database.
 * @param {{ headers: object }} api
 * @param {{ incidentId: string, sessionId: string, askedId: string, webhookPath: string, service: string }} known
 */
export function endpoints({ headers }, { incidentId, sessionId, askedId, webhookPath, service }) {
  const read = (path) => () => ({ path, headers })
  return [
    { name: 'GET /debug/plain', next: () => ({ path: '/debug/plain' }) },
    { name: 'GET /health/liveness', next: () => ({ path: '/health/liveness' }) },
    { name: 'GET /api/auth/session', next: read('/api/auth/session'), promise: 0 },
    { name: 'GET /api/auth/me', next: read('/api/auth/me') },
    { name: 'GET /api/incidents', next: read('/api/incidents'), promise: 1 },
    { name: 'GET /api/incidents/:id', next: read(`/api/incidents/${incidentId}`), promise: 1 },
    {
      name: 'PATCH /api/incidents/:id',
      most: 2_000,
      next: () => ({
        method: 'PATCH',
        path: `/api/incidents/${seededId(serial++ % 10_000)}`,
        headers,
        body: { activeTab: 'chat' },
      }),
    },
    { name: 'GET /chat_api/sessions/:id', next: read(`/chat_api/sessions/${sessionId}`) },
    {
      name: 'POST /api/incidents/:id/chat',
      most: 100,
      next: () => ({
        method: 'POST',
        path: `/api/incidents/${askedId}/chat`,
        headers,
        body: { question: 'What changed?' },
      }),
    },
    {
      name: 'POST /api/webhooks/grafana/…',
      most: 1_000,
      promise: 1,
      next: () => ({ method: 'POST', path: webhookPath, body: freshNotification(service) }),
    },
  ]
}
