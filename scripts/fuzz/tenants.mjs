import { randomUUID } from 'node:crypto'
import { newPerson } from '../lib/api.mjs'
import { grafanaAlert, grafanaNotification } from '../lib/grafana.mjs'
import { waitFor } from '../lib/wait.mjs'

/** The collection that a path names before an id, and the table that holds those ids. */
const tables = {
  incidents: 'incidents',
  sessions: 'chat_sessions',
  suggestions: 'incident_suggestions',
  integrations: 'integrations',
  deliveries: 'ingest_deliveries',
  alerts: 'alerts',
  subscriptions: 'sns_subscriptions',
  runs: 'runs',
  users: 'users',
  'connected-accounts': 'users',
  tokens: 'access_tokens',
  jobs: 'connector_jobs',
  invitations: 'invitations',
}
export const senders = [
  'alertmanager',
  'bigpanda',
  'cloudbees',
  'cloudflare',
  'cloudwatch',
  'datadog',
  'dynatrace',
  'incidentio',
  'jenkins',
  'jira',
  'netdata',
  'newrelic',
  'oncall',
  'opsgenie',
  'pagerduty',
  'sentry',
  'spinnaker',
  'splunk',
  'grafana',
  'generic',
  'cloudevents',
  'pagerduty_events',
  'opsgenie_api',
  'alertmanager_api',
]

/** An organisation with one of everything, and words that appear nowhere else. */
export async function openTenant(server, name) {
  const person = await newPerson(server.url, name)
  const word = `zq${randomUUID().replaceAll('-', '')}`
  const tenant = { ...person, word, pool: {}, ids: [], tokens: {}, secrets: [] }
  const { api } = person
  for (const source of senders) {
    const made = await api.post('/api/integrations', { source, name: `${source} ${word}` })
    tenant.tokens[source] = made.ingestToken
    if (source === 'grafana') tenant.webhookUrl = made.webhookUrl
    tenant.secrets.push(made.ingestToken, ...(made.signingSecret ? [made.signingSecret] : []))
  }
  const { token } = await api.post('/api/tokens', { name: `Script ${word}`, scope: 'write' })
  const email = `invited-${word}@example.com`
  const invited = await api.post('/api/invitations', { email, role: 'viewer' })
  tenant.secrets.push(token, person.password, ...(invited.token ? [invited.token] : []))
  const alert = { alertname: `HighErrorRate ${word}`, service: 'checkout', severity: 'critical' }
  await api.post(
    tenant.webhookUrl,
    grafanaNotification([grafanaAlert({ ...alert, summary: word, startsAt: new Date() })]),
  )
  await waitFor('an investigated incident', async () => {
    const { incidents } = await api.get('/api/incidents')
    return incidents[0]?.auroraStatus === 'complete'
  })
  await api.post('/chat_api/sessions', { title: `Chat ${word}` })
  await refresh(server, tenant)
  return tenant
}

/** Reads which ids the organisation has by now; requests delete and make some. */
export async function refresh({ db }, tenant) {
  for (const [collection, table] of Object.entries(tables)) {
    const sql = `SELECT id FROM ${table} WHERE org_id = ? ORDER BY id DESC LIMIT 25`
    const { results } = await db.prepare(sql).bind(tenant.orgId).all()
    tenant.pool[collection] = results.map(({ id }) => id)
  }
  tenant.ids = [...new Set(Object.values(tenant.pool).flat())]
}

/** Logs in again after a request that ended the session. */
export async function renew(server, tenant) {
  const answer = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: tenant.email, password: tenant.password }),
  })
  if (answer.ok) tenant.token = (await answer.json()).token
}

/** Everything of a tenant that nobody else may ever read. */
export const privateTexts = (tenant) => [
  ...tenant.ids,
  tenant.orgId,
  tenant.email,
  tenant.word,
  tenant.token,
  ...tenant.secrets,
]
