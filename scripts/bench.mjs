// `npm run bench`: the real bundle on throw-away state, with 10,000 and then 100,000 incidents. BENCH_SIZES changes that.
import { loadavg } from 'node:os'
import { requestBytes } from './bench/connection.mjs'
import { sampleCost } from './bench/cost.mjs'
import { endpoints, prepareIncidents } from './bench/endpoints.mjs'
import { measureLatency, measureThroughput } from './bench/load.mjs'
import { seedIncidents } from './bench/seed.mjs'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'

// `npm run bench -- ingest` measures the way of alerts instead.
if (process.argv[2] === 'ingest') await import('./bench/ingest.mjs')

const sizes = (process.env.BENCH_SIZES || '10000,100000').split(',').map(Number)
const seconds = Number(process.env.BENCH_SECONDS || 2)
const number = (value) => Math.round(value).toLocaleString('en')
const ms = (value) => value.toFixed(1)

const server = await startMiniflare({ prepared: prepareServer(), vars: { ...unlimited, DEBUG_COST: 'true' } })
const port = Number(new URL(server.url).port)
const person = await newPerson(server.url, 'Bench')
const known = await prepareIncidents(person)
const broken = []
/** Rows read by each endpoint at the size before, to see what grows with the data. */
const readBefore = new Map()

/** The promises of the design, checked on what was measured. */
function checkPromises(name, cost) {
  const promise = (isKept, text) =>
    isKept || broken.push(`${name}: ${text}, but it was ${JSON.stringify(cost)}`)
  promise(cost !== null, 'a cost header')
  if (cost === null) return
  const before = readBefore.get(name) ?? cost.read
  promise(cost.read <= before * 1.5 + 50, `about as many rows read as with fewer incidents (${before})`)
  readBefore.set(name, cost.read)
  if (name === 'GET /api/incidents') {
    promise(cost.d1 === 1, 'one D1 round trip')
    promise(cost.read <= 101, 'no more rows read than returned, plus one')
  }
  if (name === 'GET /api/auth/session') promise(cost.d1 === 0, 'no D1 for the identity')
  if (name.startsWith('POST /api/webhooks')) promise(cost.d1 === 1, 'one D1 round trip before the answer')
}

async function measure({ name, next, most }, plain) {
  const cost = await sampleCost(server.url, next)
  checkPromises(name, cost)
  const bytes = () => requestBytes(next())
  const fixed = most === undefined ? requestBytes(next()) : null
  const source = fixed === null ? bytes : () => fixed
  await measureThroughput(port, source, { seconds: 0.5, most: 50 })
  const { perSecond, refused } = await measureThroughput(port, source, { seconds, ...(most && { most }) })
  if (most) await drain()
  const rate = Math.max(5, Math.min(100, perSecond / 3))
  const { p50, p99 } = await measureLatency(port, source, { rate, ...(most && { most }) })
  if (refused > 0) broken.push(`${name}: ${refused} requests were not answered 2xx`)
  const ratio = plain ? (perSecond / plain.perSecond).toFixed(3) : '1'
  const shown = cost ? [cost.d1, cost.stmts, cost.read, cost.written, cost.do] : ['–', '–', '–', '–', '–']
  return { perSecond, p50, row: [name, number(perSecond), ratio, number(rate), ms(p50), ms(p99), ...shown] }
}

/** Waits until everything that the webhooks left behind is processed, so that it does not weigh on what follows. */
async function drain() {
  const began = Date.now()
  const pending = "SELECT COUNT(*) AS n FROM ingest_deliveries WHERE state IN ('received', 'processing')"
  const open = "SELECT COUNT(*) AS n FROM runs WHERE state IN ('queued', 'leased', 'running')"
  const left = async () =>
    (await server.db.prepare(pending).first('n')) + (await server.db.prepare(open).first('n'))
  await waitFor('the queues to drain', async () => (await left()) === 0, { timeoutMs: 180_000, everyMs: 500 })
  return (Date.now() - began) / 1000
}

async function measureSize(size, from) {
  const began = Date.now()
  await seedIncidents(server.db, { orgId: person.orgId, from, to: size })
  const seeded = ((Date.now() - began) / 1000).toFixed(1)
  const integration = { source: 'grafana', name: `Grafana ${size}`, settings: { investigate: false } }
  const { webhookUrl } = await person.api.post('/api/integrations', integration)
  const webhookPath = new URL(webhookUrl).pathname
  const rows = []
  let plain = null
  for (const endpoint of endpoints(person.api, { ...known, webhookPath, service: `load-${size}` })) {
    const result = await measure(endpoint, plain)
    plain ??= result
    rows.push(result.row)
    if (endpoint.name.startsWith('POST /api/incidents')) await drain()
  }
  const drained = await drain()
  const counting = server.db
    .prepare('SELECT COUNT(*) AS n FROM alerts WHERE service = ?')
    .bind(`load-${size}`)
  const alerts = number(await counting.first('n'))
  console.log(
    `\n${number(size)} incidents (loaded in ${seeded} s; other load of the machine ${loadavg()[0].toFixed(1)})\n`,
  )
  const head = [
    '',
    'req/s',
    'to plain',
    'at req/s',
    'p50 ms',
    'p99 ms',
    'D1 trips',
    'statements',
    'rows read',
    'written',
    'objects',
  ]
  console.log(table(head, rows))
  console.log(
    `\n  All ${alerts} alerts of the webhook test were processed ${drained.toFixed(1)} s after its last request.`,
  )
}

console.log(`
Throughput: 8 connections, ${seconds} s each. Latency: at a fixed rate, from the moment each request was due. Cost: the
dearest of five requests. Absolute figures are this machine's, shared with the load generator; compare the ratios.`)
let from = 0
for (const size of sizes) {
  await measureSize(size, from)
  from = size
}
await server.stop()
console.log(
  broken.length === 0 ? '\nEvery promise was kept.\n' : `\nBroken promises:\n  ${broken.join('\n  ')}\n`,
)
process.exit(broken.length === 0 ? 0 : 1)
