// `npm run bench -- ingest`: how many alerts a second are accepted and processed, and what a storm does to the API.
import { performance } from 'node:perf_hooks'
import { newPerson } from '../lib/api.mjs'
import { prepareServer, startMiniflare } from '../lib/server.mjs'
import { table } from '../lib/table.mjs'
import { unlimited } from '../lib/unlimited.mjs'
import { waitFor } from '../lib/wait.mjs'
import { requestBytes } from './connection.mjs'
import { measureLatency, measureThroughput } from './load.mjs'

const seconds = Number(process.env.BENCH_SECONDS || 20)
const stormSize = Number(process.env.BENCH_STORM || 10_000)
const OUTAGES = 5
const SERVICES = 50
const PER_DELIVERY = 10
const number = (value) => Math.round(value).toLocaleString('en')

const server = await startMiniflare({ prepared: prepareServer(), vars: { ...unlimited, DEBUG_COST: 'true' } })
const port = Number(new URL(server.url).port)
const broken = []
const count = (query, ...values) =>
  server.db
    .prepare(query)
    .bind(...values)
    .first('n')

let serial = 0
const alertOf = (service) => ({
  title: `Symptom ${serial % 7} of ${service}`,
  service,
  environment: 'production',
  severity: 'high',
  dedupKey: `k${serial++}`,
})

/** A new organisation with a sender; answers where it sends to. */
async function aSender(name, settings) {
  const person = await newPerson(server.url, name)
  const { webhookUrl } = await person.api.post('/api/integrations', { source: 'generic', name, settings })
  return { ...person, path: new URL(webhookUrl).pathname }
}

const drained = (orgId) =>
  waitFor(
    'the deliveries to be processed',
    async () =>
      (await count(
        "SELECT COUNT(*) AS n FROM ingest_deliveries WHERE org_id = ? AND state IN ('received', 'processing')",
        orgId,
      )) === 0,
    { timeoutMs: 600_000, everyMs: 200 },
  )

async function measureThroughputs() {
  const plain = await measureThroughput(port, () => requestBytes({ path: '/debug/plain' }), { seconds: 3 })
  // A sender is allowed 6,000 deliveries a minute: several share the load.
  const senders = await Promise.all(
    Array.from({ length: 8 }, (_, n) => aSender(`Load ${n}`, { investigate: false })),
  )
  const next = () => {
    const { path } = senders[serial % senders.length]
    return requestBytes({ method: 'POST', path, body: alertOf('checkout') })
  }
  await measureThroughput(port, next, { seconds: 1, most: 100 })
  const began = performance.now()
  const accepted = await measureThroughput(port, next, { seconds, most: 6_000 * senders.length - 800 })
  for (const { orgId } of senders) await drained(orgId)
  const processed = (accepted.sent / (performance.now() - began)) * 1000
  if (accepted.refused > 0) broken.push(`${accepted.refused} deliveries were not accepted`)
  console.log(
    table(
      ['', 'per second', 'to plain'],
      [
        ['GET /debug/plain', number(plain.perSecond), '1'],
        ['alerts accepted', number(accepted.perSecond), (accepted.perSecond / plain.perSecond).toFixed(3)],
        ['alerts processed', number(processed), (processed / plain.perSecond).toFixed(3)],
      ],
    ),
  )
  if (processed < accepted.perSecond / 2)
    broken.push('alerts are processed at less than half the rate of their receipt')
}

/** Chains of services; each outage is one chain, the others are quiet but for single alerts. */
function outages() {
  const chain = SERVICES / OUTAGES
  const name = (outage, place) => `shop${outage}-part${place}`
  const edges = Array.from({ length: OUTAGES }, (_, outage) =>
    Array.from({ length: chain - 1 }, (_, place) => ({ from: name(outage, place + 1), to: name(outage, 0) })),
  ).flat()
  return { edges, service: (n) => name(n % OUTAGES, Math.floor(n / OUTAGES) % chain) }
}

async function measureStorm() {
  const { api, orgId, headers = api.headers, path } = await aSender('Storm', { investigate: true })
  const { edges, service } = outages()
  await api.put('/api/topology/edges', { edges })
  const list = () => requestBytes({ path: '/api/incidents', headers })
  // What broke is heard of first; what depends on it follows in any order.
  const roots = Array.from({ length: OUTAGES }, (_, n) => alertOf(service(n)))
  await api.post(path, roots)
  await drained(orgId)
  const idle = await measureLatency(port, list, { rate: 20 })
  const began = performance.now()
  let alert = OUTAGES
  const next = () => {
    const body = Array.from({ length: PER_DELIVERY }, () => alertOf(service(alert++)))
    return requestBytes({ method: 'POST', path, body })
  }
  const [sent, busy] = await Promise.all([
    measureThroughput(port, next, { seconds: 60, connections: 4, most: stormSize / PER_DELIVERY }),
    measureLatency(port, list, { rate: 20 }),
  ])
  await drained(orgId)
  const took = (performance.now() - began) / 1000
  const alerts = await count('SELECT COUNT(*) AS n FROM alerts WHERE org_id = ?', orgId)
  const incidents = await count('SELECT COUNT(*) AS n FROM incidents WHERE org_id = ?', orgId)
  const most = await count(
    "SELECT coalesce(max(c), 0) AS n FROM (SELECT COUNT(*) AS c FROM runs WHERE org_id = ? AND kind = 'investigation' GROUP BY incident_id)",
    orgId,
  )
  console.log(`
  A storm of ${number(alerts)} alerts from ${SERVICES} services with ${OUTAGES} outages was processed in ${took.toFixed(1)} s:
  ${incidents} incidents, at most ${most} investigation each.
  GET /api/incidents: p99 ${idle.p99.toFixed(1)} ms idle, ${busy.p99.toFixed(1)} ms in the storm.`)
  if (sent.refused > 0) broken.push(`${sent.refused} deliveries of the storm were not accepted`)
  if (alerts !== stormSize + OUTAGES)
    broken.push(`${stormSize + OUTAGES} alerts were sent, ${alerts} are stored`)
  if (incidents > OUTAGES * 2) broken.push(`${OUTAGES} outages became ${incidents} incidents`)
  if (most > 1) broken.push('an incident has more than one investigation')
  if (busy.p99 > idle.p99 * 10)
    broken.push('the list of incidents is more than ten times slower in the storm')
}

try {
  await measureThroughputs()
  await measureStorm()
} finally {
  await server.stop()
}
console.log(
  broken.length === 0 ? '\nEvery promise was kept.\n' : `\nBroken promises:\n  ${broken.join('\n  ')}\n`,
)
process.exit(broken.length === 0 ? 0 : 1)
