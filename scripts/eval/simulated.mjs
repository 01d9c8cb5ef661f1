// Issues of a simulated system: what breaks, what its monitoring would have stored, which alert came first.
import { randomFrom } from '../lib/random.mjs'
import { exposition } from './simulated-metrics.mjs'
import { simulate } from './simulated-model.mjs'

const STEP = 15
const MINUTE = 60
/** Seconds of usual work before something breaks, and what is seen of it. */
const BEFORE = 80 * MINUTE
const AFTER = 25 * MINUTE
/** Data ends this long after the alert, when the investigation looks. */
const SEEN_AFTER_ALERT = 8 * MINUTE

const FAULTS = ['cpu hog', 'memory leak', 'latency', 'packet loss', 'pod kill']

/**
 * @param {{ services: object, causes: string[], watched: string[], view?: typeof exposition }} world who calls whom, what may
 *   break, who pages (the most visible first), and how it is seen
 * @returns {{ edges: object[], issues: object[] }} of a system as `evaluateSystems` takes it
 */
export function simulated({ services, causes, watched, view = exposition }, { seed, skip = 0, cases }) {
  const random = randomFrom(seed)
  const issues = []
  for (let number = skip; issues.length < cases; number++) {
    // Every fault meets every service in turn.
    const cause = causes[number % causes.length]
    const fault = FAULTS[(number + Math.floor(number / causes.length)) % FAULTS.length]
    const issue = issueOf({ services, watched, view }, { cause, fault, random })
    if (issue !== null) issues.push({ ...issue, name: `${issues.length + 1} ${fault}`, cause })
  }
  const edges = Object.entries(services).flatMap(([from, { calls }]) =>
    Object.keys(calls).map((to) => ({ from, to })),
  )
  return { edges, issues }
}

/** A fault of some strength; null when nobody would have been paged. */
function issueOf({ services, watched, view }, { cause, fault, random }) {
  const strength = 0.5 + random()
  const run = simulate({ services, cause, fault, strength, random, step: STEP, before: BEFORE, after: AFTER })
  const target = alertOf(run, watched)
  if (target === null) return null
  const end = target.timestamp + SEEN_AFTER_ALERT
  return { target, end, ...view(run, services, random, end) }
}

/** The first alert: two minutes of answers thrice as slow as usual, or of more than three failures in a hundred. */
function alertOf({ states, broken }, watched) {
  const usual = states.filter(({ time }) => time < broken - 5 * MINUTE)
  const first = watched.flatMap((node, rank) => {
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
