// A parcel carrier, simulated: who calls whom, what breaks, what a Prometheus would have seen, which alert came first.
// Rules were improved on its development issues; the held-out ones are only counted.
import { randomFrom } from '../lib/random.mjs'
import { exposition } from './parcels-metrics.mjs'
import { simulate } from './parcels-model.mjs'

const STEP = 15
const MINUTE = 60
/** Seconds of usual work before something breaks, and what is seen of it. */
const BEFORE = 80 * MINUTE
const AFTER = 25 * MINUTE
/** Data ends this long after the alert, when the investigation looks. */
const SEEN_AFTER_ALERT = 8 * MINUTE

/** How a request comes about: milliseconds of processor and of waiting, replicas, memory in MiB, calls per request. */
const services = {
  'public-api': {
    cpu: 3,
    wait: 2,
    replicas: 3,
    memory: 180,
    requests: 60,
    calls: { booking: 0.35, tracking: 0.6, profiles: 0.3 },
  },
  counter: {
    cpu: 4,
    wait: 3,
    replicas: 2,
    memory: 240,
    requests: 25,
    calls: { booking: 0.7, pricing: 0.5, labels: 0.4 },
  },
  booking: {
    cpu: 7,
    wait: 4,
    replicas: 3,
    memory: 420,
    calls: { pricing: 1, 'slot-finder': 0.8, payments: 0.5, 'booking-db': 2.2, notifier: 0.6 },
  },
  tracking: { cpu: 4, wait: 3, replicas: 2, memory: 310, calls: { 'scan-store': 1.4, 'geo-lookup': 0.5 } },
  pricing: { cpu: 9, wait: 1, replicas: 3, memory: 260, calls: { 'tariff-cache': 1.6, 'geo-lookup': 0.4 } },
  'slot-finder': { cpu: 12, wait: 6, replicas: 3, memory: 520, calls: { 'geo-lookup': 1.1, depots: 0.9 } },
  payments: { cpu: 5, wait: 35, replicas: 2, memory: 350, calls: { 'ledger-db': 1.5 } },
  profiles: { cpu: 3, wait: 2, replicas: 2, memory: 220, calls: { 'booking-db': 0.6 } },
  labels: { cpu: 16, wait: 4, replicas: 2, memory: 380, calls: { depots: 0.5 } },
  notifier: { cpu: 4, wait: 12, replicas: 2, memory: 200, optional: true, calls: {} },
  'geo-lookup': { cpu: 5, wait: 2, replicas: 3, memory: 640, calls: {} },
  depots: { cpu: 4, wait: 3, replicas: 2, memory: 290, calls: { 'booking-db': 0.4 } },
  'booking-db': { cpu: 1.6, wait: 1.5, replicas: 1, memory: 1400, store: 'postgres', calls: {} },
  'ledger-db': { cpu: 2.5, wait: 2, replicas: 1, memory: 900, store: 'postgres', calls: {} },
  'scan-store': { cpu: 1.8, wait: 1.5, replicas: 1, memory: 1100, store: 'postgres', calls: {} },
  'tariff-cache': { cpu: 0.3, wait: 0.3, replicas: 1, memory: 500, store: 'redis', calls: {} },
}
const FAULTS = ['cpu hog', 'memory leak', 'latency', 'packet loss', 'pod kill']
const CAUSES = [
  'booking',
  'tracking',
  'pricing',
  'slot-finder',
  'payments',
  'profiles',
  'labels',
  'geo-lookup',
  'depots',
  'booking-db',
  'scan-store',
  'tariff-cache',
]
/** Where people are paged for what customers feel, the most visible first; the others only for what is far gone. */
const WATCHED = ['public-api', 'counter', 'booking', 'tracking', 'payments']

const edges = Object.entries(services).flatMap(([from, { calls }]) =>
  Object.keys(calls).map((to) => ({ from, to })),
)

/** Its development issues and its held-out ones: other faults of other services, other noise, other decoys. */
export const parcelCarriers = () => [
  { ...parcels({ seed: 20_260_101, cases: 30 }), name: 'Parcel carrier (simulated), development' },
  { ...parcels({ seed: 20_260_202, skip: 31, cases: 20 }), name: 'Parcel carrier (simulated), held out' },
]

/** @returns {object} a system as `evaluateSystems` takes it, without its name */
export function parcels({ seed, skip = 0, cases }) {
  const random = randomFrom(seed)
  const issues = []
  for (let number = skip; issues.length < cases; number++) {
    // Every fault meets every service in turn.
    const cause = CAUSES[number % CAUSES.length]
    const fault = FAULTS[(number + Math.floor(number / CAUSES.length)) % FAULTS.length]
    const issue = issueOf(cause, fault, random)
    if (issue !== null) issues.push({ ...issue, name: `${issues.length + 1} ${fault}`, cause })
  }
  return { edges, issues, promised: { top1: 0.7, top3: 0.9 } }
}

/** A fault of some strength; null when nobody would have been paged. */
function issueOf(cause, fault, random) {
  const strength = 0.5 + random()
  const run = simulate({ services, cause, fault, strength, random, step: STEP, before: BEFORE, after: AFTER })
  const target = alertOf(run)
  if (target === null) return null
  const end = target.timestamp + SEEN_AFTER_ALERT
  return { target, end, ...exposition(run, services, random, end) }
}

/** The first alert: two minutes of answers thrice as slow as usual, or of more than three failures in a hundred. */
function alertOf({ states, broken }) {
  const usual = states.filter(({ time }) => time < broken - 5 * MINUTE)
  const first = WATCHED.flatMap((node, rank) => {
    const normal = usual.reduce((sum, { of }) => sum + of[node].latency, 0) / usual.length
    const needed = (2 * MINUTE) / STEP
    for (let index = usual.length; index + needed <= states.length; index++) {
      const window = states.slice(index, index + needed).map(({ of }) => of[node])
      const slow = window.every(({ latency }) => latency > 3 * normal)
      if (slow || window.every(({ failed }) => failed > 0.03))
        return [
          { node, rank, metric: slow ? 'latency' : 'errors', timestamp: states[index + needed - 1].time },
        ]
    }
    return []
  })
  // Rules are evaluated every minute: within one, the most visible service pages.
  const [found] = first.toSorted(
    (a, b) => Math.floor(a.timestamp / MINUTE) - Math.floor(b.timestamp / MINUTE) || a.rank - b.rank,
  )
  return found ?? null
}
