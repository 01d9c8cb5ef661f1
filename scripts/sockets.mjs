// `npm run sockets`: many event streams on one organisation's feed; one event reaches them all. SOCKETS (1000) says how many.
import './install.mjs'
import { setTimeout as sleep } from 'node:timers/promises'
import { grafanaAlert, grafanaNotification } from './lib/grafana.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { newOrganisation } from './sockets/members.mjs'
import { runtimeMemory } from './sockets/memory.mjs'
import { openStream } from './sockets/streams.mjs'

const wanted = Number(process.env.SOCKETS || 1000)
/** What one user may have open at once. */
const perUser = 20
const atOnce = 25

const server = await startMiniflare({ prepared: prepareServer(), vars: unlimited })
const { admin, tokens } = await newOrganisation(server.url, Math.ceil(wanted / perUser))
const sender = { source: 'grafana', name: 'Grafana', settings: { investigate: false } }
const { webhookUrl } = await admin.api.post('/api/integrations', sender)
const mib = (value) => (value === null ? 'unknown' : `${value.toFixed(0)} MiB`)
const ms = (value) => `${value.toFixed(0)} ms`

const before = runtimeMemory()
const began = performance.now()
const streams = []
let next = 0
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (next < wanted) {
      const token = tokens[Math.floor(next++ / perUser)]
      streams.push(await openStream(server.url, '/api/incidents/stream', token))
    }
  }),
)
const opened = performance.now() - began
await sleep(1_000)
const during = runtimeMemory()

/** A new incident; when each stream was told of it. */
async function fire(service) {
  const alert = {
    alertname: 'HighErrorRate',
    service,
    severity: 'critical',
    summary: 'x',
    startsAt: new Date(),
  }
  const sent = performance.now()
  const arrivals = streams.map(({ got }) => got('"type":"incident_update"'))
  await admin.api.post(webhookUrl, grafanaNotification([grafanaAlert(alert)]))
  const late = sleep(30_000, null, { ref: false })
  const times = await Promise.race([Promise.all(arrivals), late])
  if (times === null) throw new Error('Not every stream was told within 30 s.')
  const sorted = times.toSorted((a, b) => a - b)
  return { sent, first: sorted[0], median: sorted[sorted.length >> 1], last: sorted.at(-1) }
}

const { sent, first, median, last } = await fire('checkout')
const after = runtimeMemory()
for (const { close } of streams) close()
await sleep(2_000)
console.log(
  table(
    [`${streams.length} streams of ${tokens.length} people on one feed`, ''],
    [
      ['opened in', ms(opened)],
      ['memory before', mib(before)],
      ['memory with all streams open', mib(during)],
      ['memory after the event', mib(after)],
      ['memory with all streams closed', mib(runtimeMemory())],
      [
        'a stream costs',
        before === null ? 'unknown' : `${(((during - before) * 1024) / streams.length).toFixed(1)} KiB`,
      ],
      ['alert sent to first stream', ms(first - sent)],
      ['first stream to the median', ms(median - first)],
      ['first stream to the last', ms(last - first)],
    ],
  ),
)
await server.stop()
process.exit(streams.length === wanted ? 0 : 1)
