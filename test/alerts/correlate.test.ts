import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { correlate, type AlertFacts, type Candidate } from '../../src/alerts/correlate'
import { correlationSettings, DEFAULT_CORRELATION } from '../../src/alerts/correlation-settings'
import { scoreCandidate } from '../../src/alerts/score'
import { EMPTY_GRAPH, serviceGraph, type ServiceGraph } from '../../src/alerts/service-graph'
import { jaccard, titleTokens } from '../../src/alerts/title-similarity'

const A = 'High latency on checkout-api'
const B = 'Error rate high for checkout-api'
const C = 'Disk almost full'
const D = 'Certificate expires soon'
const NOW = Date.parse('2026-01-01T10:00:00Z')
const seconds = (gap: number): number => NOW + gap * 1000

const alert = (title: string, gap: number, changed: Partial<AlertFacts> = {}): AlertFacts => ({
  title,
  service: 'alpha',
  environment: null,
  eventTime: seconds(gap),
  ...changed,
})
const incident = (title: string, service: string | null, changed: Partial<Candidate> = {}): Candidate => ({
  incidentId: 'i1',
  title,
  affectedServices: service === null ? [] : [service],
  environment: null,
  lastAlertAt: NOW,
  correlatedAlertCount: 0,
  windowSeconds: null,
  ...changed,
})
/** `alpha` depends on `one`, that on `two`, that on `three`; and the other way round for `uno`, `dos`, `tres`. */
const graph = serviceGraph([
  { from: 'alpha', to: 'one' },
  { from: 'one', to: 'two' },
  { from: 'two', to: 'three' },
  { from: 'uno', to: 'Alpha ' },
  { from: 'dos', to: 'uno' },
  { from: 'tres', to: 'dos' },
])

interface Row {
  readonly name: string
  readonly alert: AlertFacts
  readonly incident: Candidate
  readonly expected: readonly [topology: number, time: number, similarity: number, score: number]
  readonly joins: boolean
}
const row = (
  name: string,
  one: AlertFacts,
  other: Candidate,
  expected: Row['expected'],
  joins: boolean,
): Row => ({ name, alert: one, incident: other, expected, joins })

const rows: readonly Row[] = [
  row('1', alert(B, 30), incident(A, 'alpha'), [1, 0.9, 0.65, 0.9], true),
  row('2', alert(C, 0), incident(D, 'alpha'), [1, 1, 0.3, 0.86], true),
  row('3', alert(C, 260), incident(D, 'alpha'), [1, 0.1333, 0.3, 0.6], true),
  row('4', alert(C, 261), incident(D, 'alpha'), [1, 0.13, 0.3, 0.599], false),
  row('5', alert(C, 290), incident(D, 'alpha'), [1, 0.0333, 0.3, 0.57], false),
  row('6', alert(B, 300), incident(A, 'alpha'), [1, 0, 0.65, 0.63], true),
  row('8', alert(B, -30), incident(A, 'alpha'), [1, 0.9, 0.65, 0.9], true),
  row('9 at 200 s', alert(C, 200), incident(D, 'one'), [1, 0.3333, 0, 0.6], true),
  row('9 at 201 s', alert(C, 201), incident(D, 'one'), [1, 0.33, 0, 0.599], false),
  row('10', alert(C, 60), incident(D, 'uno'), [0.8, 0.8, 0, 0.64], true),
  row('11 at 100 s', alert(C, 100), incident(D, 'uno'), [0.8, 0.6667, 0, 0.6], true),
  row('11 at 120 s', alert(C, 120), incident(D, 'uno'), [0.8, 0.6, 0, 0.58], false),
  row('12 at 50 s', alert(C, 50), incident(D, 'two'), [0.7, 0.8333, 0, 0.6], true),
  row('12 at 51 s', alert(C, 51), incident(D, 'two'), [0.7, 0.83, 0, 0.599], false),
  row('13', alert(C, 0), incident(D, 'dos'), [0.5, 1, 0, 0.55], false),
  row('14', alert(A, 0), incident(A, 'three'), [0.4, 1, 0.7, 0.64], true),
  row('15', alert(A, 0), incident(A, 'tres'), [0.2, 1, 0.7, 0.54], false),
  row('16', alert(A, 0), incident(A, 'zeta'), [0, 1, 0.7, 0.44], false),
  row('17', alert(A, 0, { service: null }), incident(A, 'zeta'), [0, 1, 0.7, 0.44], false),
  row('18', alert(A, 0, { service: 'svc-a' }), incident(A, 'svc-b'), [0, 1, 0.8, 0.46], false),
  row(
    '19',
    alert(A, 10, { service: 'Checkout-API' }),
    incident(A, 'checkout-api'),
    [1, 0.9667, 1, 0.99],
    true,
  ),
]

describe.each(rows)('check value $name', ({ alert: one, incident: other, expected, joins }) => {
  it('has the documented components, score and decision', ({ expect }) => {
    const decision = correlate(one, [other], graph, DEFAULT_CORRELATION)
    const [line] = decision.candidates
    expect([line?.topology, line?.timeWindow, line?.similarity, line?.score]).toEqual(expected)
    expect(decision.outcome).toBe(joins ? 'joined' : 'opened')
    expect(line?.dropped).toBe(joins ? null : 'below_threshold')
  })
})

const decide = (
  one: AlertFacts,
  others: readonly Candidate[],
  settings = {},
  edges: ServiceGraph = EMPTY_GRAPH,
) => correlate(one, others, edges, { ...DEFAULT_CORRELATION, ...settings })

describe('candidates', () => {
  it('lie inside the window (check value 7)', ({ expect }) => {
    expect(decide(alert(B, 301), [incident(A, 'alpha')])).toEqual({
      outcome: 'opened',
      match: null,
      reason: 'no_candidate',
      candidates: [],
    })
    expect(decide(alert(B, 301), [incident(A, 'alpha', { windowSeconds: 450 })]).outcome).toBe('joined')
  })

  it('of another known environment are dropped (check value 20)', ({ expect }) => {
    const production = alert(B, 30, { environment: 'production' })
    const decision = decide(production, [incident(A, 'alpha', { environment: 'staging' })])
    expect(decision).toMatchObject({ outcome: 'opened', reason: 'environment_mismatch' })
    expect(decision.candidates[0]?.dropped).toBe('environment_mismatch')
    expect(decide(production, [incident(A, 'alpha')]).outcome).toBe('joined')
    expect(decide(alert(B, 30), [incident(A, 'alpha', { environment: 'staging' })]).outcome).toBe('joined')
  })

  it('are the 50 newest, and the log holds the ten best', ({ expect }) => {
    const many = Array.from({ length: 60 }, (_, index) =>
      incident(A, 'zeta', { incidentId: `z${index}`, lastAlertAt: seconds(-index) }),
    )
    const oldest = incident(A, 'alpha', { incidentId: 'old', lastAlertAt: seconds(-100) })
    const decision = decide(alert(A, 0), [oldest, ...many])
    expect(decision.outcome).toBe('opened')
    expect(decision.candidates).toHaveLength(10)
  })

  it('without a graph count only by equal name', ({ expect }) => {
    expect(decide(alert(C, 0), [incident(D, 'one')]).outcome).toBe('opened')
    expect(decide(alert(C, 0), [incident(D, 'one')], {}, graph).outcome).toBe('joined')
  })
})

describe('the best candidate', () => {
  it('wins; the others are logged as not the best', ({ expect }) => {
    const decision = decide(alert(A, 0), [
      incident(D, 'alpha', { incidentId: 'worse' }),
      incident(A, 'alpha', { incidentId: 'better' }),
      incident(A, 'zeta', { incidentId: 'far' }),
    ])
    expect(decision.match).toEqual({
      incidentId: 'better',
      strategy: 'topology',
      score: 1,
      details: { topology: 1, time_window: 1, similarity: 1, correlated_alert_count: 1 },
      windowSeconds: null,
    })
    expect(decision.candidates.map(({ incidentId, dropped }) => [incidentId, dropped])).toEqual([
      ['better', null],
      ['worse', 'not_best'],
      ['far', 'below_threshold'],
    ])
  })

  it('among equals is the one with the newer alert, then the smaller id', ({ expect }) => {
    const at = (incidentId: string, gap: number) =>
      incident(A, 'alpha', { incidentId, lastAlertAt: seconds(gap) })
    expect(decide(alert(A, 0), [at('a', -10), at('b', 10)]).match?.incidentId).toBe('b')
    expect(decide(alert(A, 0), [at('b', 0), at('a', 0)]).match?.incidentId).toBe('a')
  })

  it('is named by its largest component, ties in the documented order', ({ expect }) => {
    const strategy = (one: AlertFacts, other: Candidate, settings = {}) =>
      decide(one, [other], { threshold: 0, ...settings }, graph).match?.strategy
    expect(strategy(alert(A, 0), incident(A, 'alpha'))).toBe('topology')
    expect(strategy(alert(C, 0), incident(D, 'dos'))).toBe('time_window')
    expect(strategy(alert(A, 290), incident(A, 'zeta'))).toBe('similarity')
    expect(strategy(alert(A, 300), incident(D, 'zeta'))).toBe('topology')
  })
})

describe('a full group', () => {
  const full = (incidentId: string, service: string) =>
    incident(A, service, { incidentId, correlatedAlertCount: 50 })

  it('is skipped for the next best one', ({ expect }) => {
    const next = incident(D, 'uno', { incidentId: 'next' })
    const decision = decide(alert(A, 0), [full('full', 'one'), next], {}, graph)
    expect(decision.match?.incidentId).toBe('next')
    expect(decision.candidates.map(({ dropped }) => dropped)).toEqual(['group_full', null])
  })

  it('opens a new incident when all are full', ({ expect }) => {
    const decision = decide(alert(A, 0), [full('f1', 'one'), full('f2', 'uno')], {}, graph)
    expect(decision).toMatchObject({ outcome: 'opened', reason: 'group_full' })
  })

  it('still takes alerts of its own service', ({ expect }) => {
    const decision = decide(alert(A, 0), [full('full', 'ALPHA')])
    expect(decision.match).toMatchObject({ incidentId: 'full', details: { correlated_alert_count: 51 } })
  })
})

describe('modes', () => {
  const same = incident(A, 'alpha')

  it('off compares nothing', ({ expect }) => {
    expect(decide(alert(A, 0), [same], { mode: 'off' })).toMatchObject({
      reason: 'correlation_off',
      candidates: [],
    })
  })

  it('shadow decides, and opens', ({ expect }) => {
    expect(decide(alert(A, 0), [same], { mode: 'shadow' })).toMatchObject({
      outcome: 'shadow',
      match: { incidentId: 'i1', score: 1 },
    })
  })

  it('extension enlarges the window of an incident that was joined late', ({ expect }) => {
    const extended = (gap: number, windowSeconds: number | null = null) =>
      decide(alert(A, gap), [incident(A, 'alpha', { windowSeconds })], { autoExtend: true }).match
        ?.windowSeconds
    expect(extended(151)).toBe(450)
    expect(extended(150)).toBeNull()
    expect(extended(60_000, 86_400)).toBe(86_400)
    expect(decide(alert(A, 151), [same]).match?.windowSeconds).toBeNull()
  })
})

describe('what follows from the arithmetic', () => {
  const gaps = fc.integer({ min: -300, max: 300 })

  it('time and text alone never join', ({ expect }) => {
    fc.assert(
      fc.property(fc.string(), fc.string(), gaps, (one, other, gap) => {
        expect(decide(alert(one, gap, { service: null }), [incident(other, 'alpha')]).outcome).toBe('opened')
      }),
    )
  })

  it('the same service joins with any text up to 260 s, and up to 300 s from a Jaccard of 2/7', ({
    expect,
  }) => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), gaps, (first, second, gap) => {
        const [one, other] = [`x${first}`, `y${second}`]
        const like = jaccard(titleTokens(one), titleTokens(other)) >= 2 / 7
        fc.pre(Math.abs(gap) <= 260 || like)
        expect(decide(alert(one, gap), [incident(other, 'alpha')]).outcome).toBe('joined')
      }),
    )
    const sevenWords = incident('aa bb cc dd ee', 'alpha')
    expect(decide(alert('aa bb ff gg', 300), [sevenWords]).outcome).toBe('joined')
    expect(decide(alert('aa ff gg hh', 300), [sevenWords]).outcome).toBe('opened')
  })

  it('a score lies between 0 and 1 for any texts', ({ expect }) => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.array(fc.string()), gaps, (...given) => {
        const [one, other, service, affectedServices, gap] = given
        const candidate = incident(other, null, { affectedServices })
        const { score } = scoreCandidate(alert(one, gap, { service }), candidate, graph, DEFAULT_CORRELATION)
        expect(score >= 0 && score <= 1).toBe(true)
      }),
    )
  })
})

describe('title tokens', () => {
  it('are runs of letters and digits without stop words and single characters', ({ expect }) => {
    expect([...titleTokens('The CPU of ｗｅｂ-03 is at 95% for a while; Überlast x')]).toEqual([
      'cpu',
      'of',
      'web',
      '03',
      '95',
      'while',
      'überlast',
    ])
  })

  it('of two empty titles have nothing in common', ({ expect }) => {
    expect(jaccard(titleTokens(''), titleTokens('a is'))).toBe(0)
    expect(jaccard(titleTokens(A), titleTokens(B))).toBe(0.5)
  })
})

describe('correlation settings', () => {
  it('have the documented defaults and ranges', ({ expect }) => {
    expect(correlationSettings.parse(DEFAULT_CORRELATION)).toEqual(DEFAULT_CORRELATION)
    const bad = [
      { windowSeconds: 29 },
      { windowSeconds: 3601 },
      { threshold: 1.01 },
      { weights: { topology: 0.5, time: 0.3, similarity: 0.21 } },
      { maxGroupSize: 1 },
      { mode: 'maybe' },
    ]
    for (const changed of bad) {
      expect(correlationSettings.safeParse({ ...DEFAULT_CORRELATION, ...changed }).success).toBe(false)
    }
  })
})
