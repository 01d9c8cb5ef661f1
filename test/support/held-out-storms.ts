/**
 * Labelled storms that no setting was chosen on: other shapes of systems, other names, other words, other delays than those
 * of `labelled-storms`. Settings are judged on these; nobody tunes anything until they fit.
 */
import type { ServiceEdge } from '../../src/alerts/service-graph'
import { alertFacts, chance, inTime, type LabelledAlert, type Storm } from './labelled-storms'

type Random = () => number

/** A system: what depends on what, by the layers from the bottom up. */
interface System {
  readonly layers: readonly (readonly string[])[]
  readonly edges: readonly ServiceEdge[]
}

const WORDS = [
  '{s} is unavailable',
  'p95 response time of {s} exceeds its objective',
  'Error budget of {s} burns',
  'Too many restarts: {s}',
  '{s} returns 503',
  'Consumer lag of {s} grows',
  'Connections to {s} are refused',
] as const

const CHATTER = ['Log volume of {s} rose', 'Backup of {s} took long', 'Quota of {s} at 80 percent'] as const

const pick = (random: Random, texts: readonly string[]): string =>
  texts[Math.floor(random() * texts.length)] ?? ''

/** A broker with producers and consumers around it: wide and flat. */
function hub(name: string): System {
  const workers = ['ingest', 'enrich', 'index', 'notify'].map((part) => `${part}.${name}`)
  const broker = `kafka.${name}`
  const doors = [`gateway.${name}`, `console.${name}`]
  return {
    layers: [[broker], workers, doors],
    edges: [
      ...workers.map((from) => ({ from, to: broker })),
      ...doors.flatMap((from) => workers.slice(0, 2).map((to) => ({ from, to }))),
    ],
  }
}

/** A long chain: each calls the next. */
function chain(name: string): System {
  const parts = ['edge', 'bff', 'orders', 'pricing', 'tax', 'ledger'].map((part) => `${name}_${part}`)
  return {
    layers: parts.toReversed().map((part) => [part]),
    edges: parts.slice(1).map((to, n) => ({ from: parts[n] ?? '', to })),
  }
}

/** A tree: a cache below two services, each with two callers. */
function tree(name: string): System {
  const part = (of: string) => `${of}-${name}`
  return {
    layers: [
      [part('redis')],
      [part('session'), part('profile')],
      [part('login'), part('signup'), part('feed'), part('inbox')],
    ],
    edges: [
      ...['session', 'profile'].map((from) => ({ from: part(from), to: part('redis') })),
      ...['login', 'signup'].map((from) => ({ from: part(from), to: part('session') })),
      ...['feed', 'inbox'].map((from) => ({ from: part(from), to: part('profile') })),
    ],
  }
}

interface Course {
  readonly begin: number
  /** Seconds from a layer to the next. */
  readonly delay: number
  readonly most: number
}

/** An outage of the whole system from the bottom up. */
function outage(random: Random, id: string, { layers }: System, { begin, delay, most }: Course) {
  return layers.flatMap((services, depth) =>
    services.flatMap((service, place) =>
      Array.from({ length: 1 + Math.floor(random() * most) }, (_, n): LabelledAlert => {
        const seconds = begin + delay * depth + random() * delay * 0.8 + n * 40
        return {
          id: `${id}/${service}/${place}/${n}`,
          outage: id,
          facts: alertFacts(pick(random, WORDS).replace('{s}', service), service, seconds),
        }
      }),
    ),
  )
}

const chatter = (random: Random, count: number, until: number): LabelledAlert[] =>
  Array.from({ length: count }, (_, n) => {
    const service = `batch${Math.floor(random() * 100_000)}.tools`
    const id = `chatter-${n}`
    return {
      id,
      outage: id,
      facts: alertFacts(pick(random, CHATTER).replace('{s}', service), service, random() * until),
    }
  })

/** Two systems that both lean on a third, which only grumbles: near enough to be taken for one outage. */
function shared(random: Random, left: System | undefined, right: System | undefined): Storm {
  const systems = [left, right].flatMap((system) => system ?? [])
  const auth = 'auth.core'
  const doors = systems.flatMap(({ layers }) => layers.at(-1)?.slice(0, 1) ?? [])
  const grumble = [0, 1].map((n) => ({
    id: `auth-${n}`,
    outage: 'auth',
    facts: alertFacts(pick(random, CHATTER).replace('{s}', auth), auth, 100 + n * 60),
  }))
  return {
    name: 'held out: shared services',
    edges: [...systems.flatMap((system) => system.edges), ...doors.map((from) => ({ from, to: auth }))],
    alerts: inTime([
      ...systems.flatMap((system, n) =>
        outage(random, `shared-${n}`, system, { begin: n * 50, delay: 60, most: 3 }),
      ),
      ...grumble,
      ...chatter(random, 10, 600),
    ]),
  }
}

/** Five storms of a seed. */
export function heldOutStorms(seed: number): readonly Storm[] {
  const random = chance(seed * 7919 + 13)
  const systems = [hub('eu'), hub('us'), chain('shop'), chain('fleet'), tree('apac'), tree('latam')]
  const edges = systems.flatMap((system) => system.edges)
  const [eu, us, shop, fleet, apac, latam] = systems
  const of = (id: string, system: System | undefined, course: Course) =>
    system === undefined ? [] : outage(random, id, system, course)
  return [
    shared(random, us, fleet),
    {
      name: 'held out: hubs and trees at once',
      edges,
      alerts: inTime([
        ...of('eu', eu, { begin: 0, delay: 60, most: 3 }),
        ...of('us', us, { begin: 20, delay: 90, most: 2 }),
        ...of('apac', apac, { begin: 70, delay: 45, most: 3 }),
        ...chatter(random, 25, 400),
      ]),
    },
    {
      name: 'held out: slow chains',
      edges,
      alerts: inTime([
        ...of('shop', shop, { begin: 0, delay: 240, most: 2 }),
        ...of('fleet', fleet, { begin: 400, delay: 180, most: 2 }),
        ...chatter(random, 40, 2000),
      ]),
    },
    {
      name: 'held out: the same system twice',
      edges,
      alerts: inTime([
        ...of('first', latam, { begin: 0, delay: 30, most: 3 }),
        ...of('second', latam, { begin: 5000, delay: 30, most: 3 }),
        ...chatter(random, 20, 6000),
      ]),
    },
    {
      name: 'held out: large',
      edges,
      alerts: inTime([
        ...of('eu', eu, { begin: 0, delay: 20, most: 30 }),
        ...of('shop', shop, { begin: 10, delay: 15, most: 30 }),
        ...of('latam', latam, { begin: 15, delay: 25, most: 30 }),
        ...chatter(random, 30, 900),
      ]),
    },
  ]
}
