// A storm: many alerts in a minute from fifty services, five of which broke and took others with them.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom } from '../lib/random.mjs'
import { Connection, requestBytes } from './connection.mjs'
import { measureLatency } from './load.mjs'

const SIZE = Number(process.env.BENCH_STORM || 10_000)
const SECONDS = 60
const OUTAGES = 5
const SERVICES = 50
const PER_DELIVERY = 10
const CONNECTIONS = 16
const number = (value) => Math.round(value).toLocaleString('en')

/** The settings of docs/correlation.md. With the defaults a new neighbour cannot join an incident of fifty alerts. */
const recommended = {
  windowSeconds: 600,
  threshold: 0.5,
  weights: { topology: 0.6, time: 0.2, similarity: 0.2 },
  maxGroupSize: 1000,
  autoExtend: true,
  titleSimilarity: 'ngram',
}

/**
 * Five shops of ten services. In each, three stages over a database: what depends on a broken service breaks after it, at
 * first a few alerts and then more and more.
 */
function shops() {
  const name = (shop, place) =>
    `shop${shop}-${['db', 'cart', 'stock', 'billing', 'checkout', 'web', 'api', 'mail', 'search', 'admin'][place]}`
  const calls = [
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 1],
    [4, 2],
    [4, 3],
    [5, 4],
    [6, 4],
    [7, 6],
    [8, 6],
    [9, 5],
  ]
  const stage = [0, 1, 1, 1, 2, 3, 3, 4, 4, 4]
  const each = Array.from({ length: OUTAGES }, (_, shop) => shop)
  return {
    edges: each.flatMap((shop) =>
      calls.map(([from, to]) => ({ from: name(shop, from), to: name(shop, to) })),
    ),
    /** Services of a shop that are broken so many seconds after its database broke. */
    broken: (shop, seconds) =>
      stage.flatMap((depth, place) => (seconds >= depth * 4 ? [name(shop, place)] : [])),
  }
}

/** The alerts in the order of their coming, and when each comes, s. */
function course(bench) {
  const random = randomFrom(5)
  const { edges, broken } = shops()
  const alerts = Array.from({ length: SIZE }, (_, n) => {
    const at = (n / SIZE) * SECONDS
    // The outages begin some seconds apart.
    const shop = Math.floor(random() * Math.min(OUTAGES, 1 + Math.floor(at / 2)))
    const services = broken(shop, at - shop * 2)
    return bench.alertOf(services[Math.floor(random() * services.length)])
  })
  return { edges, alerts }
}

/** Sends every delivery when it is due. One that is not accepted is sent again, as a sender does. */
async function sendAll(port, path, alerts) {
  const deliveries = Math.ceil(alerts.length / PER_DELIVERY)
  const began = performance.now()
  let next = 0
  const drive = async () => {
    let connection = await Connection.open(port)
    for (let n = next++; n < deliveries; n = next++) {
      const body = alerts.slice(n * PER_DELIVERY, (n + 1) * PER_DELIVERY)
      const bytes = requestBytes({ method: 'POST', path, body })
      await sleep(Math.max(0, began + (n * SECONDS * 1000) / deliveries - performance.now()))
      // The server may have closed a connection that was idle: then there is no answer.
      while ((await Promise.race([connection.send(bytes), sleep(10_000, 0)])) !== 202) {
        connection.close()
        await sleep(1_000)
        connection = await Connection.open(port)
      }
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, drive))
}

export async function measureStorm(bench) {
  const { api, orgId, paths } = await bench.anOrganisation('Storm', 1, { investigate: true })
  const { edges, alerts } = course(bench)
  await api.put('/api/topology/edges', { edges })
  await api.put('/api/correlation/settings', recommended)
  const list = () => requestBytes({ path: '/api/incidents', headers: api.headers })
  await measureLatency(bench.port, list, { rate: 20, seconds: 3 })
  const idle = await measureLatency(bench.port, list, { rate: 20, seconds: 20 })
  const began = performance.now()
  const processed = async () => {
    await sendAll(bench.port, paths[0], alerts)
    await bench.drained()
    return (performance.now() - began) / 1000
  }
  const [took, busy] = await Promise.all([
    processed(),
    measureLatency(bench.port, list, { rate: 20, seconds: SECONDS }),
  ])
  const stored = await bench.count('SELECT COUNT(*) AS n FROM alerts WHERE org_id = ?', orgId)
  const incidents = await bench.count('SELECT COUNT(*) AS n FROM incidents WHERE org_id = ?', orgId)
  const most = await bench.count(
    "SELECT coalesce(max(c), 0) AS n FROM (SELECT COUNT(*) AS c FROM runs WHERE org_id = ? AND kind = 'investigation' GROUP BY incident_id)",
    orgId,
  )
  console.log(`
  A storm of ${number(stored)} alerts in ${SECONDS} s, of ${SERVICES} services in ${OUTAGES} outages, was processed ${took.toFixed(1)} s after it began:
  ${incidents} incidents, at most ${most} investigation each.
  GET /api/incidents: p99 ${idle.p99.toFixed(1)} ms idle, ${busy.p99.toFixed(1)} ms in the storm; p50 ${idle.p50.toFixed(1)} and ${busy.p50.toFixed(1)} ms.`)
  bench.promise(stored === SIZE, `${SIZE} alerts of the storm were sent, ${stored} are stored`)
  bench.promise(incidents <= OUTAGES * 2, `${OUTAGES} outages became ${incidents} incidents`)
  bench.promise(most <= 1, 'an incident has more than one investigation')
  bench.promise(busy.p99 < idle.p99 * 10, 'the list of incidents is more than ten times slower in the storm')
}
