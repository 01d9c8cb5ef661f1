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

/** Two of them: one is read, the other is asked, so that the questions do not weigh on the reading. */
export async function prepareIncidents({ api }) {
  const { webhookUrl } = await api.post('/api/integrations', { source: 'grafana', name: 'Grafana' })
  const read = await prepareIncident(api, webhookUrl, 'checkout-api')
  const asked = await prepareIncident(api, webhookUrl, 'payments-db')
  return { ...read, askedId: asked.incidentId }
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
 * What is measured. `next` gives a request; `most` bounds how many are sent where each leaves work behind.
 * @param {{ headers: object }} api
 * @param {{ incidentId: string, sessionId: string, askedId: string, webhookPath: string, service: string }} known
 */
export function endpoints({ headers }, { incidentId, sessionId, askedId, webhookPath, service }) {
  const read = (path) => () => ({ path, headers })
  return [
    { name: 'GET /debug/plain', next: () => ({ path: '/debug/plain' }) },
    { name: 'GET /debug/list (raw D1, 100 rows)', next: () => ({ path: '/debug/list' }) },
    { name: 'GET /health/liveness', next: () => ({ path: '/health/liveness' }) },
    { name: 'GET /api/auth/session', next: read('/api/auth/session') },
    { name: 'GET /api/auth/me', next: read('/api/auth/me') },
    { name: 'GET /api/incidents', next: read('/api/incidents') },
    { name: 'GET /api/incidents/:id', next: read(`/api/incidents/${incidentId}`) },
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
      next: () => ({ method: 'POST', path: webhookPath, body: freshNotification(service) }),
    },
  ]
}
