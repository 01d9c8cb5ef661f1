// `npm run replay -- file.json`: sends recorded payloads to a throw-away instance and checks which incidents they make.
// Ends with 0 when they are as expected, 1 when not, 2 when that cannot be said: the file or a delivery cannot be used.
import './install.mjs'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'
import { compare } from './replay/compare.mjs'
import { readCase } from './replay/read-case.mjs'
import { deliver, integrate, remarks } from './replay/senders.mjs'

function fail(text) {
  console.error(text)
  process.exit(2)
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

/** Every row of a list that is read page by page. */
async function all(api, path, name) {
  const rows = []
  for (let cursor = ''; cursor !== null;) {
    const page = await api.get(cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`)
    rows.push(...page[name])
    cursor = page.nextCursor ?? null
  }
  return rows
}

async function incidentsOf(api) {
  const incidents = await all(api, '/api/incidents?limit=100', 'incidents')
  const alerts = await all(api, '/api/alerts?limit=200', 'alerts')
  return incidents.map(({ id, alert, severity, status, affectedServices }) => ({
    title: alert.title,
    service: alert.service,
    severity,
    status,
    services: affectedServices.toSorted(),
    alerts: alerts
      .filter(({ incidentId }) => incidentId === id)
      .map(({ title }) => String(title))
      .toSorted(),
  }))
}

/** What the case makes of a fresh instance, and what is to be said about its deliveries. */
async function replay(wanted) {
  const server = await startMiniflare({ prepared: prepareServer(), vars: unlimited })
  try {
    const { api } = await newPerson(server.url, 'Replay')
    if (wanted.topology.length > 0) await api.put('/api/topology/edges', { edges: wanted.topology })
    if (wanted.correlation) await api.put('/api/correlation/config', wanted.correlation)
    const senders = await integrate(api, wanted)
    const now = Date.now()
    for (const [place, delivery] of wanted.deliveries.entries()) {
      await deliver(server.url, senders.get(delivery.integration), delivery, { place, now })
      await settled(server)
    }
    return { made: await incidentsOf(api), ...(await remarks(api)) }
  } finally {
    await server.stop()
  }
}

const [path] = process.argv.slice(2)
if (path === undefined) fail('Usage: npm run replay -- <file.json>   (see examples/checkout-outage.json)')
const read = readCase(path)
if ('problem' in read) fail(read.problem)
const { made, lines, lost } = await replay(read.case).catch((error) =>
  fail(`${path} cannot be replayed: ${error.message}`),
)
const verdict = compare(read.case.expect.incidents, made)
console.log([verdict.text, ...(lines.length > 0 ? ['Deliveries:', ...lines] : [])].join('\n'))
process.exit(verdict.ok && !lost ? 0 : 1)
