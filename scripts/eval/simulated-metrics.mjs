// What a Prometheus that scrapes Istio, cAdvisor, kube-state-metrics and exporters of databases stores of a simulation.
import { about, asSeen, gaussian } from './simulated-model.mjs'

const BUCKETS = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]
const NAMESPACE = 'parcels'
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/**
 * @returns {{ series: object[], gauges: object[] }} the samples, and as much as plain readings for simple methods: latency,
 *   failures, load, processor and memory of each service
 */
export function exposition({ states }, services, random, end) {
  const seen = states.filter(({ time }) => time <= end && random() > 0.002)
  return {
    series: Object.entries(services).flatMap(([name, service]) => [
      ...(service.store === undefined
        ? istio(name, service, seen, random)
        : exporter(name, service, seen, random)),
      ...containers(name, service, seen, random),
    ]),
    gauges: Object.entries(services).flatMap(([name, service]) => gauges(name, service, seen)),
  }
}

const series = (name, labels, points) => ({ labels: { __name__: name, ...labels }, points })

/** Both ends of every call. */
function istio(name, service, states, random) {
  const start = Math.floor(random() * 1e6)
  const counted = (reporter) => {
    const good = []
    const bad = []
    const buckets = [...BUCKETS, Infinity].map(() => [])
    const sums = [start, Math.floor(start / 900), ...buckets.map(() => start)]
    let last = states[0]?.time ?? 0
    for (const { time, of } of states) {
      const { load, latency, failed } = of[name]
      const view = reporter === 'source' ? asSeen(of[name], 0) : { seen: latency, failed }
      const requests = Math.max(0, load * (time - last) + gaussian(random) * Math.sqrt(load * (time - last)))
      last = time
      const failures = Math.min(requests, roundedBy(random, requests * view.failed))
      sums[0] += Math.round(requests - failures)
      sums[1] += failures
      good.push([time, sums[0]])
      if (failures > 0 || bad.length > 0) bad.push([time, sums[1]])
      for (const [index, points] of buckets.entries()) {
        const share = index === BUCKETS.length ? 1 : shareBelow(BUCKETS[index], view.seen)
        sums[2 + index] += requests * share
        points.push([time, Math.round(sums[2 + index])])
      }
    }
    const labels = {
      reporter,
      destination_workload: name,
      destination_service: `${name}.${NAMESPACE}.svc.cluster.local`,
      destination_workload_namespace: NAMESPACE,
    }
    return [
      series('istio_requests_total', { ...labels, response_code: '200' }, good),
      series('istio_requests_total', { ...labels, response_code: '503' }, bad),
      ...buckets.map((points, index) =>
        series(
          'istio_request_duration_milliseconds_bucket',
          { ...labels, le: String(BUCKETS[index] ?? '+Inf') },
          points,
        ),
      ),
    ]
  }
  // Nobody in the mesh calls what customers call.
  return service.requests === undefined ? ['source', 'destination'].flatMap(counted) : counted('destination')
}

/** Share of answers faster than `bound`, where their times are distributed log-normally around `mean`. */
function shareBelow(bound, mean) {
  const spread = 0.55
  const z = (Math.log(bound) - Math.log(mean) + spread ** 2 / 2) / spread
  return 1 / (1 + Math.exp(-1.702 * z))
}

/** A whole number near this, larger or smaller by chance. */
const roundedBy = (random, value) => Math.max(0, Math.floor(value * about(random, 0.15) + random()))

function exporter(name, { store }, states, random) {
  const labels = {
    job: `${store}-exporter`,
    instance: `${name}.${NAMESPACE}.svc:${store === 'redis' ? 9121 : 9187}`,
  }
  const open = ({ of }) => {
    const { load, latency } = asUsed(of[name])
    return Math.min(195, Math.round(12 * about(random, 0.1) + (load * latency) / 1000))
  }
  const points = (value) => states.map((state) => [state.time, value(state)])
  if (store === 'redis')
    return [
      series('redis_connected_clients', labels, points(open)),
      series(
        'redis_config_maxclients',
        labels,
        points(() => 10_000),
      ),
    ]
  return [
    series('pg_stat_activity_count', { ...labels, datname: 'app', state: 'active' }, points(open)),
    series(
      'pg_settings_max_connections',
      labels,
      points(() => 200),
    ),
  ]
}

const asUsed = ({ load, latency }) => ({ load, latency })

/** Replicas come with names of their own; who is restarted keeps it, who is killed does not. */
function containers(name, { replicas, store }, states, random) {
  const hash = wordOf(random, 9)
  const pods = Array.from({ length: replicas }, (_, index) =>
    store === undefined ? `${name}-${hash}-${wordOf(random, 5)}` : `${name}-${index}`,
  )
  const skew = pods.map(() => about(random, 0.12))
  const start = pods.map(() => random() * 1e5)
  const all = pods.flatMap((pod, index) => {
    const labels = { namespace: NAMESPACE, pod, container: store === undefined ? 'app' : store }
    let used = start[index]
    const cpu = []
    const memory = []
    const restarts = []
    const ready = []
    for (const { time, of } of states) {
      const { cores, memory: bytes, alive, restarts: count } = of[name]
      const isUp = index < alive
      if (isUp) used += Math.max(0, (cores / Math.max(1, alive)) * skew[index] * 15 * about(random, 0.04))
      if (isUp) cpu.push([time, used])
      if (isUp) memory.push([time, Math.round(bytes * 1_048_576 * skew[index] * about(random, 0.005))])
      restarts.push([time, Math.floor((count + replicas - 1 - index) / replicas)])
      ready.push([time, isUp ? 1 : 0])
    }
    return [
      series('container_cpu_usage_seconds_total', labels, cpu),
      series('container_memory_working_set_bytes', labels, memory),
      series('kube_pod_container_status_restarts_total', labels, restarts),
      series('kube_pod_container_status_ready', labels, ready),
    ]
  })
  const missing = states.map(({ time, of }) => [time, replicas - of[name].alive])
  return store === undefined
    ? [
        ...all,
        series(
          'kube_deployment_status_replicas_unavailable',
          { namespace: NAMESPACE, deployment: name },
          missing,
        ),
      ]
    : all
}

const wordOf = (random, length) =>
  Array.from({ length }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('')

/** Nobody times the calls to what speaks a protocol of its own. */
function gauges(service, { store }, states) {
  const of = (name, value) =>
    series(
      name,
      { service },
      states.map((state) => [state.time, value(state.of[service])]),
    )
  const used = [of('cores', ({ cores }) => cores), of('memory', ({ memory }) => memory)]
  if (store !== undefined) return used
  return [
    of('latency', ({ latency }) => latency),
    of('failures', ({ failed }) => failed),
    of('load', ({ load }) => load),
    ...used,
  ]
}
