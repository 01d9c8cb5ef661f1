// What a tracing service that samples stores of a simulation: every five minutes a few statistics of each service.
import { gaussian } from './simulated-model.mjs'

const WINDOW = 300
/** Share of the requests that are looked at. */
const SAMPLED = 0.003
const SPREAD = 0.55
const STATISTICS = { avg: null, p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 }

/** @returns {{ series: object[] }} latency, the share that failed, and how many, of each service that was asked anything */
export function sampledTraces({ states }, services, random, end) {
  const windows = Object.values(
    Object.groupBy(
      states.filter(({ time }) => time <= end),
      ({ time }) => Math.floor(time / WINDOW),
    ),
  )
  return { series: Object.keys(services).flatMap((service) => seriesOf(service, windows, random, end)) }
}

function seriesOf(service, windows, random, end) {
  const latency = Object.fromEntries(Object.keys(STATISTICS).map((name) => [name, []]))
  const failing = []
  const asked = []
  for (const window of windows) {
    const time = endOf(window)
    const samples = window.flatMap(({ of }) => sampled(of[service], WINDOW / window.length, random))
    asked.push([time, samples.length])
    if (samples.length === 0) continue
    const times = samples.map(({ seconds }) => seconds).toSorted((a, b) => a - b)
    for (const [name, part] of Object.entries(STATISTICS))
      latency[name].push([time, part === null ? mean(times) : times[Math.floor(part * times.length)]])
    failing.push([time, mean(samples.map(({ failed }) => Number(failed)))])
  }
  // A window is stored when it is over; the last one may not be.
  const stored = ([time]) => time <= end
  const one = (name, points, labels = {}) => ({
    labels: { __name__: name, service, ...labels },
    points: points.filter(stored),
  })
  return [
    ...Object.entries(latency).map(([statistic, points]) =>
      one('trace_latency_seconds', points, { statistic }),
    ),
    one('trace_error_rate', failing),
    one('trace_requests', asked),
  ]
}

const endOf = ([{ time }]) => (Math.floor(time / WINDOW) + 1) * WINDOW

/** Some requests of one step, their times distributed log-normally around the mean. */
function sampled({ load, latency, failed }, seconds, random) {
  const expected = load * seconds * SAMPLED
  const count = Math.floor(expected) + Number(random() < expected % 1)
  return Array.from({ length: count }, () => ({
    seconds: (latency / 1000) * Math.exp(SPREAD * gaussian(random) - SPREAD ** 2 / 2),
    failed: random() < failed,
  }))
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
