// `npm run bench`: the real bundle on throw-away state, with 10,000 and then 100,000 incidents. `npm run bench -- 1000000`
// names other sizes, `npm run bench -- ingest` measures the way of alerts instead.
import { loadavg } from 'node:os'
import { requestBytes } from './bench/connection.mjs'
import { sampleCost } from './bench/cost.mjs'
import { bareRoutes, endpoints, prepareKnown } from './bench/endpoints.mjs'
import { measureLatency, measureThroughput } from './bench/load.mjs'
import { measureRatios, TARGET } from './bench/ratios.mjs'
import { costOfReads, readsOf } from './bench/reads.mjs'
import { changesOf, readsTable } from './bench/reads-table.mjs'
import { seedIncidents } from './bench/seed.mjs'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'

if (process.argv[2] === 'ingest') await import('./bench/ingest.mjs')

const asked = process.argv.slice(2).map((text) => Number(text.replaceAll(/[_,.]/g, '')))
if (asked.some((size) => !Number.isInteger(size) || size < 1000)) {
  console.error('Say how many incidents, 1000 at least: npm run bench -- 10000 1000000')
  process.exit(2)
}
const sizes = (asked.length > 0 ? asked : [10_000, 100_000]).toSorted((a, b) => a - b)
const seconds = Number(process.env.BENCH_SECONDS || 2)
const number = (value) => Math.round(value).toLocaleString('en')
const ms = (value) => value.toFixed(1)

const server = await startMiniflare({ prepared: prepareServer(), vars: { ...unlimited, DEBUG_COST: 'true' } })
const port = Number(new URL(server.url).port)
const person = await newPerson(server.url, 'Bench')
const known = await prepareKnown(person, server.db)
const { measured, asVendor } = readsOf(await person.api.get('/openapi.json'))
const broken = []
/** What each read cost at the size before, to see what grows with the data. */
let before = null

async function measureReads(size) {
  const rows = await costOfReads(server.url, measured, { headers: person.api.headers, ids: known.ids })
  const missing = rows.filter(({ isMissing }) => isMissing).map(({ name }) => name)
  const reads = rows.filter(({ isMissing }) => !isMissing)
  for (const { name, d1, read, returned } of reads.filter(({ problem }) => problem))
    broken.push(`GET ${name}: ${d1} round trips, ${read} rows read for ${returned}, and no reason is known`)
  if (before === null) {
    console.log(`\nWhat a read costs, with ${number(size)} incidents\n\n${readsTable(reads)}`)
    console.log(`\n  Not asked, for want of an account at a vendor: ${asVendor.length} reads that ask one.`)
    console.log(`  Not there in this organisation: ${missing.join(', ')}`)
  } else {
    const grown = changesOf(before, reads)
    for (const line of grown) broken.push(`with ${number(size)} incidents ${line}`)
    const verdict =
      grown.length === 0 ? 'cost what they cost with fewer' : `but ${grown.length} cost the same`
    console.log(`\nWith ${number(size)} incidents all ${reads.length} reads ${verdict}.`)
  }
  before = new Map(reads.map((row) => [row.name, row]))
}

async function measureAgainstBare(size) {
  const results = await measureRatios(port, bareRoutes(person.api, known))
  const rows = results.map(({ name, perSecond, ofBare, ofPlain }) => [
    name,
    number(perSecond),
    ofBare === null ? '' : ofBare.toFixed(2),
    ofPlain.toFixed(3),
    ofBare === null ? '' : ofBare >= TARGET ? `at least ${TARGET}` : `below ${TARGET}`,
  ])
  for (const { name, refused } of results)
    if (refused > 0) broken.push(`${name}: ${refused} requests were not answered 2xx`)
  console.log(`\nReads against the same rows through the bare binding, with ${number(size)} incidents\n`)
  console.log(table(['', 'req/s', 'of bare', 'of plain', 'target'], rows))
}

async function measure({ name, next, most, promise }, plain) {
  const { status, body, cost } = await sampleCost(server.url, next)
  if (status > 299) throw new Error(`${name} answered ${status}: ${JSON.stringify(body)}`)
  if (promise !== undefined && cost?.d1 !== promise)
    broken.push(`${name}: ${promise} round trips, but it was ${cost?.d1}`)
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
  return { perSecond, row: [name, number(perSecond), ratio, number(rate), ms(p50), ms(p99), ...shown] }
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

async function measureLoads(size) {
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
  const head = ['', 'req/s', 'of plain', 'at req/s', 'p50 ms', 'p99 ms']
  const cost = ['D1 trips', 'statements', 'rows read', 'written', 'objects']
  console.log(
    `\nAlone, and at a fixed rate, with ${number(size)} incidents\n\n${table([...head, ...cost], rows)}`,
  )
  console.log(`\n  What the webhooks left was processed ${drained.toFixed(1)} s after the last one.`)
}

async function measureSize(size, from) {
  const began = Date.now()
  await seedIncidents(server.db, { orgId: person.orgId, from, to: size })
  const took = ((Date.now() - began) / 1000).toFixed(0)
  console.log(`
${'═'.repeat(100)}
${number(size)} incidents (loaded in ${took} s; other load of the machine ${loadavg()[0].toFixed(1)})`)
  await measureReads(size)
  await measureAgainstBare(size)
  await measureLoads(size)
}

console.log(`
Costs are of single requests that ask for them. Throughput: 8 connections, requests that are not metered. Latency: at a
fixed rate, from the moment each request was due. Absolute figures are this machine's, shared with the load generator and
a simulated database; compare the ratios.`)
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
