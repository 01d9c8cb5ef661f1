// `npm run replay -- file.json`: sends recorded payloads to a throw-away instance and checks which incidents they make.
// Ends with 0 when they are as expected, 1 when not, 2 when the file cannot be used.
import './install.mjs'
import { readFileSync } from 'node:fs'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'
import { compare } from './replay/compare.mjs'
import { withTimes } from './replay/times.mjs'

function fail(text) {
  console.error(text)
  process.exit(2)
}

function readCase(path) {
  if (path === undefined) fail('Usage: npm run replay -- <file.json>   (see examples/checkout-outage.json)')
  let found
  try {
    found = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    fail(`${path} cannot be read: ${error.message}`)
  }
  if (!Array.isArray(found?.deliveries) || !Array.isArray(found?.expect?.incidents))
    fail(`${path} needs "deliveries" and "expect": { "incidents": [...] }`)
  return found
}

/** The integrations of the file by their names; one that a delivery names and the file does not is of that source. */
async function integrate(api, { integrations = {}, deliveries }) {
  const named = new Map(Object.entries(integrations))
  for (const { integration } of deliveries)
    if (!named.has(integration)) named.set(integration, { source: integration })
  const paths = new Map()
  for (const [name, { source, settings = {} }] of named) {
    const body = { source, name, settings: { investigate: false, ...settings } }
    const { webhookUrl, integration } = await api.post('/api/integrations', body)
    if (integration.verification === 'required')
      await api.patch(`/api/integrations/${integration.id}`, { verification: 'token_only' })
    paths.set(name, new URL(webhookUrl).pathname)
  }
  return paths
}

async function deliver(url, paths, { integration, headers = {}, payload }, now) {
  const response = await fetch(url + paths.get(integration), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(withTimes(payload, now)),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`A delivery of ${integration} was answered ${response.status}: ${text}`)
}

/** Each delivery is processed before the next is sent, so that their order is the file's. */
async function settled(server) {
  const open = "SELECT COUNT(*) AS n FROM ingest_deliveries WHERE state IN ('received', 'processing')"
  const left = () => server.db.prepare(open).first('n')
  await waitFor('the deliveries to be processed', async () => (await left()) === 0, {
    timeoutMs: 60_000,
    everyMs: 25,
  })
}

async function incidentsOf(api) {
  const { incidents } = await api.get('/api/incidents?limit=100')
  const { alerts } = await api.get('/api/alerts?limit=200')
  return incidents.map(({ id, alert, severity, status, affectedServices }) => ({
    title: alert.title,
    service: alert.service,
    severity,
    status,
    services: affectedServices.toSorted(),
    alerts: alerts
      .filter(({ incidentId }) => incidentId === id)
      .map(({ title }) => title)
      .toSorted(),
  }))
}

const wanted = readCase(process.argv[2])
const server = await startMiniflare({ prepared: prepareServer(), vars: unlimited })
let verdict
try {
  const { api } = await newPerson(server.url, 'Replay')
  if (wanted.topology?.length > 0) await api.put('/api/topology/edges', { edges: wanted.topology })
  if (wanted.correlation) await api.put('/api/correlation/config', wanted.correlation)
  const paths = await integrate(api, wanted)
  const now = Date.now()
  for (const delivery of wanted.deliveries) {
    await deliver(server.url, paths, delivery, now)
    await settled(server)
  }
  verdict = compare(wanted.expect.incidents, await incidentsOf(api))
} finally {
  await server.stop()
}
console.log(verdict.text)
process.exit(verdict.ok ? 0 : 1)
