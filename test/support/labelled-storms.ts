/** Synthetic storms of which it is known which alerts belong to the same outage. */
import type { ServiceEdge } from '../../src/alerts/service-graph'
import type { Placed } from '../../src/services/correlation/candidates'

export interface LabelledAlert {
  readonly id: string
  /** The outage, or the alert itself for noise. */
  readonly outage: string
  readonly facts: Placed
}

export interface Storm {
  readonly name: string
  readonly edges: readonly ServiceEdge[]
  readonly alerts: readonly LabelledAlert[]
}

/** A small generator of repeatable chance (mulberry32): 0 to 1. */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const SYMPTOMS = [
  'High error rate on {s}',
  '{s} latency p99 above 2s',
  '{s}: elevated 5xx responses',
  'Requests to {s} are timing out',
  'Slow responses from {s}',
  '{s} health check failing',
  'SLO burn rate of {s} is high',
] as const

const NOISE = [
  'Certificate of {s} expires soon',
  'Disk almost full on {s}',
  'Nightly job of {s} was skipped',
] as const

const START = Date.parse('2026-03-01T10:00:00Z')

/** Each island is a shop: a front door over services over a database. Islands have nothing to do with each other. */
const island = (name: string): readonly string[] =>
  ['web', 'cart', 'checkout', 'billing', 'db'].map((part) => `${name}-${part}`)

function edgesOf(name: string): readonly ServiceEdge[] {
  const [web = '', cart = '', checkout = '', billing = '', db = ''] = island(name)
  return [
    { from: web, to: cart },
    { from: web, to: checkout },
    { from: cart, to: db },
    { from: checkout, to: billing },
    { from: billing, to: db },
    { from: checkout, to: db },
  ]
}

const ISLANDS = ['north', 'south', 'east', 'west', 'inner', 'outer'] as const
const edges = ISLANDS.flatMap((name) => edgesOf(name))

export const alertFacts = (title: string, service: string, seconds: number): Placed => ({
  source: 'generic',
  sourceType: 'generic',
  kind: 'alert',
  dedupKey: `${service}/${title}/${seconds}`,
  severity: 'high',
  severityRaw: null,
  title,
  description: null,
  service,
  environment: 'production',
  host: null,
  sourceUrl: null,
  sourceAlertId: 'a',
  labels: {},
  eventTime: START + Math.round(seconds * 1000),
})

type Random = () => number

const oneOf = (random: Random, texts: readonly string[], service: string): string =>
  (texts[Math.floor(random() * texts.length)] ?? '').replace('{s}', service)

/** From the database upwards: each layer a while after the one below, some alerts late. */
function cascade(random: Random, outage: string, name: string, begin: number): LabelledAlert[] {
  const layers = island(name).toReversed()
  return layers.flatMap((service, depth) =>
    Array.from({ length: 1 + Math.floor(random() * 2) }, (_, n) => {
      const seconds = begin + depth * 200 + random() * 150 + n * 90
      return {
        id: `${outage}/${service}/${n}`,
        outage,
        facts: alertFacts(oneOf(random, SYMPTOMS, service), service, seconds),
      }
    }),
  )
}

function noise(random: Random, count: number, until: number): LabelledAlert[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `noise-${n}`
    const service = `${['mail', 'search', 'ads', 'reports', 'wiki', 'sso'][n % 6]}-${Math.floor(random() * 1000)}`
    return { id, outage: id, facts: alertFacts(oneOf(random, NOISE, service), service, random() * until) }
  })
}

export const inTime = (alerts: readonly LabelledAlert[]): readonly LabelledAlert[] =>
  alerts.toSorted((a, b) => a.facts.eventTime - b.facts.eventTime)

/** Four kinds of storms for a seed. */
export function labelledStorms(seed: number): readonly Storm[] {
  const random = chance(seed)
  const cascades = ISLANDS.slice(0, 3).flatMap((name, n) => cascade(random, `cascade-${n}`, name, n * 3000))
  const overlapping = ISLANDS.slice(0, 5).flatMap((name, n) => cascade(random, `overlap-${n}`, name, n * 45))
  const flapping = ISLANDS.slice(0, 2).flatMap((name, n) =>
    [0, 1, 2, 3].flatMap((round) =>
      island(name)
        .slice(2, 4)
        .map((service) => ({
          id: `flap-${n}/${service}/${round}`,
          outage: `flap-${n}`,
          facts: alertFacts(oneOf(random, SYMPTOMS, service), service, n * 100 + round * 290 + random() * 60),
        })),
    ),
  )
  const identical = Array.from({ length: 20 }, (_, n) => {
    const service = `tenant-${n}-api`
    return {
      id: `same-${n}`,
      outage: `same-${n}`,
      facts: alertFacts('High error rate', service, random() * 240),
    }
  })
  return [
    { name: 'cascades with noise', edges, alerts: inTime([...cascades, ...noise(random, 30, 9000)]) },
    { name: 'overlapping outages', edges, alerts: inTime([...overlapping, ...noise(random, 15, 900)]) },
    { name: 'flapping', edges, alerts: inTime([...flapping, ...noise(random, 10, 1300)]) },
    {
      name: 'identical titles',
      edges,
      alerts: inTime([...identical, ...cascade(random, 'beside', 'north', 0)]),
    },
  ]
}
