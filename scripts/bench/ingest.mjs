// `npm run bench -- ingest`: how many alerts a second are accepted and processed, what one costs, and what a storm does to
// the API. BENCH_ROUNDS (9), BENCH_SECONDS (60), BENCH_ALERTS (1000,100000) and BENCH_STORM (10000) change that.
import { newPerson } from '../lib/api.mjs'
import { prepareServer, startMiniflare } from '../lib/server.mjs'
import { unlimited } from '../lib/unlimited.mjs'
import { measureAlertCosts } from './ingest-cost.mjs'
import { measureRates } from './ingest-rates.mjs'
import { measureStorm } from './ingest-storm.mjs'
import { waitFor } from '../lib/wait.mjs'

const server = await startMiniflare({ prepared: prepareServer(), vars: { ...unlimited, DEBUG_COST: 'true' } })
const broken = []
let serial = 0

/** What the parts of this bench share. */
const bench = {
  url: server.url,
  port: Number(new URL(server.url).port),
  db: server.db,
  promise: (isKept, text) => isKept || broken.push(text),
  count: (query, ...values) =>
    server.db
      .prepare(query)
      .bind(...values)
      .first('n'),
  /** An alert that was never sent before. */
  alertOf: (service) => ({
    title: `Symptom ${serial % 7} of ${service}`,
    service,
    environment: 'production',
    severity: 'high',
    dedupKey: `k${serial++}`,
  }),
  /** A new organisation with senders; a sender is allowed 6,000 deliveries a minute, so several share a load. */
  async anOrganisation(name, senders, settings) {
    const person = await newPerson(server.url, name)
    const paths = []
    for (let n = 0; n < senders; n++) {
      const body = { source: 'generic', name: `${name} ${n}`, settings }
      const { webhookUrl } = await person.api.post('/api/integrations', body)
      paths.push(new URL(webhookUrl).pathname)
    }
    return { ...person, paths }
  },
  /** Deliveries that were accepted and not processed yet. */
  backlog: () =>
    bench.count("SELECT COUNT(*) AS n FROM ingest_deliveries WHERE state IN ('received', 'processing')"),
  processed: () => bench.count("SELECT COUNT(*) AS n FROM ingest_deliveries WHERE state = 'processed'"),
  drained: () =>
    waitFor('the deliveries to be processed', async () => (await bench.backlog()) === 0, {
      timeoutMs: 600_000,
      everyMs: 100,
    }),
}

try {
  await measureRates(bench)
  await measureAlertCosts(bench)
  await measureStorm(bench)
} finally {
  await server.stop()
}
console.log(
  broken.length === 0 ? '\nEvery promise was kept.\n' : `\nBroken promises:\n  ${broken.join('\n  ')}\n`,
)
process.exit(broken.length === 0 ? 0 : 1)
