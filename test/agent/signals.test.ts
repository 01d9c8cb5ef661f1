import { describe, it } from 'vitest'
import { confidenceOf, familiesOf, verdictOf } from '../../src/agent/analyst/confidence'
import { scoresOf } from '../../src/agent/analyst/fusion'
import { templateScore } from '../../src/agent/analyst/logs'
import { baselineOf, quantile, scoreSeries, zOf, type Point } from '../../src/agent/analyst/series'
import { changeScore, changeWeight } from '../../src/agent/analyst/changes'
import { earliness, type Components } from '../../src/agent/analyst/signals'
import { LEAST } from '../../src/agent/analyst/shapes'
import { at, ONSET } from './fakes'

const BASELINE = [0.1, 0.11, 0.1, 0.12, 0.11, 0.1, 0.11, 0.12, 0.1, 0.11, 0.1, 0.11]
const known = (over: Partial<Components>): Components => ({
  A: null,
  M: null,
  G: null,
  C: null,
  L: null,
  ...over,
})

describe('the series score', () => {
  it('has the documented values for a noisy baseline', ({ expect }) => {
    const sorted = BASELINE.toSorted((a, b) => a - b)
    expect(quantile(sorted, 0.5)).toBeCloseTo(0.11, 10)
    expect(quantile(sorted, 0.75) - quantile(sorted, 0.25)).toBeCloseTo(0.01, 10)
    const baseline = baselineOf(BASELINE, { minDelta: 0.01 })!
    expect(zOf(0.84, baseline)).toBeCloseTo(98.477, 3)
    expect(zOf(0.16, baseline)).toBeCloseTo(6.745, 3)
    expect(zOf(0.15, baseline)).toBeCloseTo(5.396, 3)
  })

  it('has the documented values for constant baselines', ({ expect }) => {
    expect(zOf(6.6, baselineOf(Array(12).fill(5), LEAST.latency_p95)!)).toBeCloseTo(6.4, 10)
    const zero = baselineOf(Array(12).fill(0), LEAST.error_ratio)!
    expect(zOf(0.05, zero)).toBeCloseTo(30, 10)
    expect(zOf(0.009, zero)).toBeCloseTo(5.4, 10)
    expect(baselineOf(Array(12).fill(0), LEAST.alert)).toBeNull()
  })

  it('asks of fast answers that they take as long again, from a millisecond on', ({ expect }) => {
    const z = (usual: number, now: number) => zOf(now, baselineOf(Array(12).fill(usual), LEAST.latency_p95)!)
    expect(z(0.006, 0.012)).toBeCloseTo(6, 10)
    expect(z(0.05, 0.1)).toBeCloseTo(6, 10)
    expect(z(0.0002, 0.0012)).toBeCloseTo(6, 10)
    expect(z(0.2, 0.25)).toBeLessThan(6)
  })

  const series = (after: (index: number) => number): Point[] => [
    ...BASELINE.map((value, index): Point => [at(-900 + index * 30), value]),
    ...Array.from({ length: 20 }, (_, index): Point => [at(-90 + index * 30), after(index)]),
  ]

  it('needs two strange points in a row and tells the first of them and its direction', ({ expect }) => {
    const found = scoreSeries(
      series((index) => (index >= 2 ? 0.84 : 0.11)),
      ONSET,
      LEAST.error_ratio,
    )!
    expect(found.anomalous).toBe(true)
    expect(found.onset).toBe(at(-30))
    expect(found.direction).toBe('up')
    expect(found.zmax).toBeCloseTo(98.477, 3)
    expect(
      scoreSeries(
        series((index) => (index % 2 === 0 ? 0.84 : 0.11)),
        ONSET,
        LEAST.error_ratio,
      )!.anomalous,
    ).toBe(false)
    expect(
      scoreSeries(
        series(() => 0.001),
        ONSET,
        LEAST.error_ratio,
      )!.direction,
    ).toBe('down')
  })

  it('tells how far it went, and prefers what lasts to what was over before', ({ expect }) => {
    const [over, lasting] = [(at: number) => at < -500, (at: number) => at >= -90]
    const found = (strange: (seconds: number) => boolean) =>
      scoreSeries(
        Array.from({ length: 120 }, (_, index): Point => {
          const seconds = -2400 + index * 30
          return [at(seconds), seconds >= -600 && strange(seconds) ? 0.5 : 0.1]
        }),
        ONSET,
        LEAST.error_ratio,
      )
    expect(found((seconds) => over(seconds) || lasting(seconds))).toMatchObject({
      onset: at(-90),
      until: Infinity,
    })
    expect(found(over)).toMatchObject({ anomalous: true, onset: at(-600), until: at(-510), excess: 0.4 })
    expect(found(() => false)).toMatchObject({ anomalous: false, onset: null, until: null, excess: 0 })
  })

  it('calls nothing over that the newest two points show, however late they come', ({ expect }) => {
    const until = (wellAgain: number) => {
      const points = series(() => 0.84).map(([time, value]): Point => [time - 180_000, value])
      const known = points.filter(([time]) => time <= at(-180))
      return scoreSeries(
        known.map(([time, value], index) => [time, index < known.length - wellAgain ? value : 0.11]),
        ONSET,
        LEAST.error_ratio,
      )?.until
    }
    expect([0, 1, 2].map(until)).toEqual([Infinity, Infinity, at(-240)])
  })

  it('is unknown with fewer than ten points before', ({ expect }) => {
    expect(scoreSeries(series(() => 0.84).slice(3), ONSET, LEAST.error_ratio)).toBeNull()
  })
})

describe('the change signal', () => {
  it('has the documented values', ({ expect }) => {
    expect(changeScore(1, 240, 0)).toBeCloseTo(0.8187, 4)
    expect(changeScore(1, 240, 1)).toBeCloseTo(0.614, 4)
    expect(changeScore(0.8, 600, 0)).toBeCloseTo(0.4852, 4)
  })

  it('forgives two minutes of clock difference and forgets after two hours', ({ expect }) => {
    expect(changeScore(1, -120, 0)).toBe(1)
    expect(changeScore(1, -121, 0)).toBe(0)
    expect(changeScore(1, 7200, 0)).toBeGreaterThan(0)
    expect(changeScore(1, 7201, 0)).toBe(0)
  })

  it('weighs by what changed and how it ended', ({ expect }) => {
    expect(changeWeight({ kind: 'deployment', result: 'FAILURE' })).toBe(1)
    expect(changeWeight({ kind: 'deployment', result: 'SUCCESS' })).toBe(0.8)
    expect(changeWeight({ kind: 'flag', result: null })).toBe(0.8)
    expect(changeWeight({ kind: 'scaling', result: 'SUCCESS' })).toBe(0.6)
    expect(changeWeight({ kind: 'other', result: null })).toBe(0.4)
    expect(changeWeight({ kind: 'deployment', result: 'ABORTED' })).toBe(0.4)
  })

  it('is beside an early sign that fades in ten minutes', ({ expect }) => {
    expect([-300, 0, 60, 600, 900].map(earliness)).toEqual([1, 1, 0.9, 0, 0])
  })
})

describe('log templates', () => {
  it('score by how much more often they occur', ({ expect }) => {
    expect(templateScore('an error', 40, 1)).toBe(1)
    expect(templateScore('an error', 5, 0)).toBeCloseTo(0.8649, 4)
    expect(templateScore('an error', 4, 0)).toBe(0)
    expect(templateScore('an error', 5, 500)).toBe(0)
    expect(templateScore('all is well', 40, 1)).toBe(0)
  })
})

describe('fusion and confidence', () => {
  const rows = [
    {
      first: known({ A: 1 }),
      alert: true,
      second: null,
      scores: [1],
      families: 1,
      contradictions: 0,
      confidence: 0.45,
      verdict: 'inconclusive',
    },
    {
      first: known({ A: 1, C: 0.8187 }),
      alert: true,
      second: null,
      scores: [0.8867],
      families: 2,
      contradictions: 0,
      confidence: 0.7,
      verdict: 'likely',
    },
    {
      first: known({ A: 1, G: 1, C: 0.8187 }),
      alert: true,
      second: known({ A: 0.9, G: 0, C: 0.5841 }),
      scores: [0.9303, 0.4323],
      families: 3,
      contradictions: 0,
      confidence: 0.9,
      verdict: 'confirmed',
    },
    {
      first: known({ A: 1, M: 0.9, G: 1, C: 0 }),
      alert: false,
      second: known({ A: 0.9, M: 0.6, G: 0.3333, C: 0 }),
      scores: [0.9667, 0.5639],
      families: 2,
      contradictions: 0,
      confidence: 0.7,
      verdict: 'likely',
    },
    {
      first: known({ A: 1, M: 0, C: 0 }),
      alert: true,
      second: null,
      scores: [1],
      families: 1,
      contradictions: 1,
      confidence: 0.3,
      verdict: 'inconclusive',
    },
    {
      first: known({ A: 1, G: 0.5 }),
      alert: true,
      second: known({ A: 0.95, G: 0.5 }),
      scores: [0.6875, 0.6688],
      families: 2,
      contradictions: 0,
      confidence: 0.4374,
      verdict: 'inconclusive',
    },
    {
      first: known({ A: 1, M: 1, G: 1, C: 0, L: 0.8649 }),
      alert: false,
      second: known({ A: 0.925, M: 0.7, G: 0.5, C: 0.2292, L: 0.2 }),
      scores: [0.7297, 0.4911],
      families: 3,
      contradictions: 0,
      confidence: 0.756,
      verdict: 'confirmed',
    },
  ] as const

  for (const [index, row] of rows.entries()) {
    it(`has the documented values of row ${index + 1}`, ({ expect }) => {
      const scores = scoresOf(row.second === null ? [row.first] : [row.first, row.second])
      expect(scores).toEqual(row.scores)
      expect(familiesOf(row.first, row.alert)).toHaveLength(row.families)
      const confidence = confidenceOf({
        first: scores[0]!,
        second: scores[1] ?? 0,
        families: row.families,
        contradictions: row.contradictions,
      })
      expect(confidence).toBe(row.confidence)
      expect(verdictOf(confidence)).toBe(row.verdict)
    })
  }

  it('counts the silence of a service where others have metrics, unless it was changed', ({ expect }) => {
    const unwell = known({ A: 1, M: 1, G: 0.5 })
    expect(scoresOf([unwell, known({ G: 1 })])).toEqual([0.7917, 0.5556])
    expect(scoresOf([unwell, known({ G: 1, C: 0.8 })])).toEqual([0.7917, 0.9])
    expect(scoresOf([known({ A: 1, G: 0.5 }), known({ G: 1 })])).toEqual([0.6875, 1])
  })

  it('never lets one family alone above 0.45', ({ expect }) => {
    for (const second of [0, 0.2, 0.9])
      expect(confidenceOf({ first: 1, second, families: 1, contradictions: 0 })).toBeLessThanOrEqual(0.45)
  })
})
