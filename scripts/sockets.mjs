// `npm run sockets`: many readers of one organisation, first as event streams on its feed, then as WebSockets on the
// thread of one investigation. One event reaches them all; who leaves, politely or not, is let go. SOCKETS (1000) says how many.
import './install.mjs'
import { setTimeout as sleep } from 'node:timers/promises'
import { grafanaAlert, grafanaNotification } from './lib/grafana.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { heldBy } from './sockets/held.mjs'
import { newOrganisation } from './sockets/members.mjs'
import { runtimeMemory } from './sockets/memory.mjs'
import { openStream } from './sockets/streams.mjs'
import { openWebSocket } from './sockets/web-sockets.mjs'

const wanted = Number(process.env.SOCKETS || 1000)
/** What one user may have open at once. */
const perUser = 20
const atOnce = 25
/** An object without work goes to sleep after ten seconds. */
const ASLEEP_MS = 12_000

const server = await startMiniflare({ prepared: prepareServer(), vars: unlimited })
const { port } = new URL(server.url)
const { admin, tokens } = await newOrganisation(server.url, Math.ceil(wanted / perUser))
const sender = { source: 'grafana', name: 'Grafana', settings: { investigate: false } }
const { webhookUrl } = await admin.api.post('/api/integrations', sender)
const mib = (value) => (value === null ? 'unknown' : `${value.toFixed(0)} MiB`)
const ms = (value) => `${value.toFixed(0)} ms`
const each = (before, during, count) =>
  before === null ? 'unknown' : `${(((during - before) * 1024) / count).toFixed(1)} KiB`

/** Opens all of them, a few at a time, spread over the people. */
async function openAll(open) {
  const all = []
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < wanted) all.push(await open(tokens[Math.floor(next++ / perUser)]))
    }),
  )
  return all
}

/** What `act` causes, as told to each of them: when the first, the middle and the last one had that text. */
async function tell(readers, text, act) {
  const sent = performance.now()
  const arrivals = readers.map(({ got }) => got(text))
  await act()
  const late = sleep(30_000, null, { ref: false })
  const times = await Promise.race([Promise.all(arrivals), late])
  if (times === null) throw new Error('Not everybody was told within 30 s.')
  const sorted = times.toSorted((a, b) => a - b)
  return { sent, first: sorted[0], median: sorted[sorted.length >> 1], last: sorted.at(-1) }
}

const spread = (what, { sent, first, median, last }) => [
  [`${what} to the first`, ms(first - sent)],
  ['the first to the median', ms(median - first)],
  ['the first to the last', ms(last - first)],
]

/** A new incident, which nobody investigates. */
const fire = (service) =>
  admin.api.post(
    webhookUrl,
    grafanaNotification([
      grafanaAlert({
        alertname: 'HighErrorRate',
        service,
        severity: 'critical',
        summary: 'x',
        startsAt: new Date(),
      }),
    ]),
  )

/** When one who was cut off may open as many again. A client that is gone is noticed with the next keepalive at the latest. */
async function untilFree(open) {
  for (const giveUp = performance.now() + 20_000; ;) {
    const again = await Promise.allSettled(Array.from({ length: perUser }, () => open(tokens[0])))
    for (const { value } of again) value?.close()
    if (again.every(({ status }) => status === 'fulfilled')) return performance.now()
    if (performance.now() > giveUp) throw new Error('Streams of a client that is gone are still held.')
    await sleep(1_000)
  }
}

async function measureStreams() {
  const before = runtimeMemory()
  const began = performance.now()
  const open = (token) => openStream(server.url, '/api/incidents/stream', token)
  const streams = await openAll(open)
  const opened = performance.now() - began
  await sleep(1_000)
  const during = runtimeMemory()
  const told = await tell(streams, '"type":"incident_update"', () => fire('checkout'))
  const after = runtimeMemory()
  // Cut off without a word: whoever had twenty may open twenty again, so the old ones are gone.
  for (const { close } of streams) close()
  const cut = performance.now()
  const free = await untilFree(open)
  await sleep(2_000)
  console.log(
    table(
      [`${streams.length} streams of ${tokens.length} people on one feed`, ''],
      [
        ['opened in', ms(opened)],
        ['memory before', mib(before)],
        ['memory with all streams open', mib(during)],
        ['memory after the event', mib(after)],
        ['memory with all streams cut off', mib(runtimeMemory())],
        ['a stream costs', each(before, during, streams.length)],
        ...spread('alert sent', told),
        ['all let go after', ms(free - cut)],
      ],
    ),
  )
  return streams.length
}

async function measureWebSockets() {
  const { incidents } = await admin.api.get('/api/incidents')
  const { id, chatSessionId } = incidents[0]
  const investigate = () => admin.api.post(`/api/incidents/${id}/investigate`, {})
  // The last of the streams are let go meanwhile.
  await sleep(ASLEEP_MS)
  const rest = heldBy(port)
  const before = runtimeMemory()
  const began = performance.now()
  const sockets = await openAll(async (token) => {
    const socket = await openWebSocket(server.url, '/ws', token)
    const following = socket.got('"type":"resumed"')
    socket.send({ type: 'resume', session_id: chatSessionId, after_seq: 0 })
    await following
    return socket
  })
  const opened = performance.now() - began
  await sleep(1_000)
  const during = runtimeMemory()
  const held = heldBy(port)
  const told = await tell(sockets, '"status":"ACCEPTED"', investigate)
  const ended = await tell(sockets, '"status":"END"', () => {})
  // A quarter says goodbye, a quarter dies; the others sleep on and are told of the next run alone.
  const quarter = Math.floor(sockets.length / 4)
  for (const { close } of sockets.splice(0, quarter)) close()
  for (const { kill } of sockets.splice(0, quarter)) kill()
  await sleep(ASLEEP_MS)
  const left = heldBy(port)
  for (const { forget } of sockets) forget()
  const woken = await tell(sockets, '"status":"ACCEPTED"', investigate)
  for (const { kill } of sockets) kill()
  await sleep(3_000)
  console.log(
    table(
      [`${sockets.length + 2 * quarter} WebSockets of ${tokens.length} people on one thread`, ''],
      [
        ['opened and resumed in', ms(opened)],
        ['memory with all sockets open', mib(during)],
        ['a socket costs', each(before, during, sockets.length + 2 * quarter)],
        ...spread('investigation asked for', told),
        ['its end, from the first to the last', ms(ended.last - ended.first)],
        ['connections held', `${held - rest}`],
        [`after ${quarter} said goodbye and ${quarter} died`, `${left - rest}`],
        ...spread(`asked again after ${ASLEEP_MS / 1000} s of silence`, woken),
        ['connections held after all died', `${heldBy(port) - rest}`],
        ['memory then', mib(runtimeMemory())],
      ],
    ),
  )
  if (left - rest > sockets.length + 10) throw new Error('Connections of clients that left are still held.')
  return sockets.length + 2 * quarter
}

const counts = [await measureStreams(), await measureWebSockets()]
await server.stop()
process.exit(counts.every((count) => count === wanted) ? 0 : 1)
