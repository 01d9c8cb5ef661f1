// Receipt and processing beside the least that they could be: one raw insert and one message.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadavg } from 'node:os'
import { table } from '../lib/table.mjs'
import { requestBytes } from './connection.mjs'
import { measureLatency, measureThroughput } from './load.mjs'
import { processorTime } from './processor-time.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS || 9)
const SECONDS = Number(process.env.BENCH_SECONDS || 60)
const CONNECTIONS = 32
const SENDERS = 20
/** The most that the senders may send in a round, so that no limit is met. */
const MOST = 4_000
const number = (value) => Math.round(value).toLocaleString('en')
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

export async function measureRates(bench) {
  await bench.db
    .prepare('CREATE TABLE bench_deliveries (id TEXT PRIMARY KEY, body TEXT, received_at INTEGER)')
    .run()
  const { paths } = await bench.anOrganisation('Load', SENDERS, { investigate: false })
  let turn = 0
  const kinds = {
    plain: () => requestBytes({ path: '/debug/plain' }),
    bare: () => requestBytes({ method: 'POST', path: '/debug/ingest', body: bench.alertOf('checkout') }),
    alert: () =>
      requestBytes({
        method: 'POST',
        path: paths[turn++ % paths.length],
        body: bench.alertOf('checkout'),
      }),
  }
  const rounds = await inRounds(bench, kinds)
  const ratio = median(rounds.map(({ alert, bare }) => alert.perSecond / bare.perSecond))
  const accepted = median(rounds.map(({ alert }) => alert.perSecond))
  report(rounds)
  bench.promise(
    ratio >= 0.6,
    `alerts are accepted at ${(ratio * 100).toFixed(0)} % of the bare route's rate, not 60`,
  )
  await sustain(bench, kinds.alert, accepted / 2)
}

/** The kinds take turns, so that whatever else loads the machine meets all of them. */
async function inRounds(bench, kinds) {
  const rounds = []
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = {}
    for (const [name, next] of Object.entries(kinds)) {
      const before = processorTime()
      const began = performance.now()
      const options = { seconds: name === 'plain' ? 1 : 2, connections: CONNECTIONS, most: MOST }
      const result = await measureThroughput(bench.port, next, options)
      await bench.drained()
      bench.promise(result.refused === 0, `${result.refused} requests of ${name} were not accepted`)
      measured[name] = {
        ...result,
        processed: (result.sent / (performance.now() - began)) * 1000,
        microseconds: ((processorTime() - before) * 1000) / result.sent,
      }
    }
    // The first one warms up.
    if (round > 0) rounds.push(measured)
  }
  return rounds
}

function report(rounds) {
  const rate = (kind, of = 'perSecond') => median(rounds.map((round) => round[kind][of]))
  const toBare = (kind, of = 'perSecond') =>
    median(rounds.map((round) => round[kind][of] / round.bare.perSecond)).toFixed(2)
  const time = (kind) => number(rate(kind, 'microseconds'))
  console.log(`
Medians of ${ROUNDS} rounds in turn, ${CONNECTIONS} connections (other load of the machine ${loadavg()[0].toFixed(1)}). Processor time is the server's,
until everything is processed.
`)
  console.log(
    table(
      ['', 'per second', 'to bare', 'processor us'],
      [
        ['GET /debug/plain', number(rate('plain')), toBare('plain'), time('plain')],
        ['bare: one raw insert, one message', number(rate('bare')), '1', time('bare')],
        ['alerts accepted', number(rate('alert')), toBare('alert'), time('alert')],
        ['alerts fully processed', number(rate('alert', 'processed')), toBare('alert', 'processed'), ''],
      ],
    ),
  )
}

/** For a minute as many alerts as half of what is accepted at most: what waits must not become more and more. */
async function sustain(bench, next, rate) {
  const waiting = []
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      waiting.push(await bench.backlog())
      await sleep(1_000)
    }
  })()
  const processedBefore = await bench.processed()
  const counted = sleep(SECONDS * 1000).then(() => bench.processed())
  const { p50, p99 } = await measureLatency(bench.port, next, { rate, seconds: SECONDS })
  const processed = ((await counted) - processedBefore) / SECONDS
  over.abort()
  await watching
  const left = await bench.backlog()
  await bench.drained()
  const third = Math.max(1, Math.floor(waiting.length / 3))
  const [early, late] = [median(waiting.slice(third, 2 * third)), median(waiting.slice(-third))]
  console.log(`
  ${number(rate)} alerts a second for ${SECONDS} s: ${number(processed)} processed a second; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms until accepted.
  Waiting: ${number(early)} in the second third of the time, ${number(late)} in the last, ${number(left)} at its end.`)
  // What came in the last moment is still on its way.
  bench.promise(processed >= rate * 0.9, `${number(rate)} alerts a second cannot be sustained`)
  // A second's worth of alerts is on its way at any time.
  bench.promise(late <= early * 1.5 + rate, `the backlog grows: ${early}, then ${late}`)
}
