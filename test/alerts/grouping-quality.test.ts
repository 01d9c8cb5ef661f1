import { describe, it } from 'vitest'
import {
  DEFAULT_CORRELATION,
  RECOMMENDED_CORRELATION,
  type CorrelationSettings,
} from '../../src/alerts/correlation-settings'
import { serviceGraph } from '../../src/alerts/service-graph'
import { pairsChanged, replay } from '../../src/services/correlation/replay'
import { heldOutStorms } from '../support/held-out-storms'
import { labelledStorms, type Storm } from '../support/labelled-storms'

const SEEDS = [1, 2, 3, 4, 5]

const pairsOf = (groups: Iterable<string>): number => {
  const sizes = new Map<string, number>()
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  return [...sizes.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0)
}

/** Pairs that are rightly together, and how many are together and ought to be. */
function judge({ edges, alerts }: Storm, settings: CorrelationSettings) {
  const steps = alerts.map(({ id, facts }) => ({ kind: 'opened', alertId: id, facts, forced: null }) as const)
  const made = replay({ settings, graph: serviceGraph(edges), rules: [] }, steps)
  const truth = new Map(alerts.map(({ id, outage }) => [id, outage]))
  const found = pairsOf(made.values())
  return { right: found - pairsChanged(truth, made).joined, found, wanted: pairsOf(truth.values()) }
}

type Storms = (seed: number) => readonly Storm[]

/** Precision and recall over all storms of all seeds. */
function quality(settings: CorrelationSettings, storms: Storms, only?: string) {
  const judged = SEEDS.flatMap((seed) => storms(seed))
    .filter(({ name }) => only === undefined || name === only)
    .map((storm) => judge(storm, settings))
  const sum = (of: 'right' | 'found' | 'wanted') => judged.reduce((total, one) => total + one[of], 0)
  return {
    precision: sum('right') / Math.max(1, sum('found')),
    recall: sum('right') / Math.max(1, sum('wanted')),
  }
}

const f1 = ({ precision, recall }: ReturnType<typeof quality>) =>
  (2 * precision * recall) / (precision + recall)
const shown = ({ precision, recall }: ReturnType<typeof quality>) =>
  `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`

/** The large storms have nearly all the pairs: every kind of storm is judged by itself, and the kinds count alike. */
function compare(storms: Storms) {
  const kinds = storms(1).map(({ name }) => ({
    name,
    plain: quality(DEFAULT_CORRELATION, storms, name),
    recommended: quality(RECOMMENDED_CORRELATION, storms, name),
  }))
  const mean = (of: 'plain' | 'recommended') => ({
    precision: kinds.reduce((sum, kind) => sum + kind[of].precision, 0) / kinds.length,
    recall: kinds.reduce((sum, kind) => sum + kind[of].recall, 0) / kinds.length,
  })
  const all = { name: 'mean', plain: mean('plain'), recommended: mean('recommended') }
  console.info(
    [...kinds, all]
      .map(
        ({ name, plain, recommended }) =>
          `${name}: defaults ${shown(plain)}; recommended ${shown(recommended)}`,
      )
      .join('\n'),
  )
  return all
}

describe('the grouping of labelled storms', () => {
  it('is right at least nine times in ten with the recommended settings, and better than with the defaults', ({
    expect,
  }) => {
    const { plain, recommended } = compare(labelledStorms)
    expect(recommended.precision).toBeGreaterThanOrEqual(0.9)
    expect(recommended.recall).toBeGreaterThanOrEqual(0.9)
    expect(f1(recommended)).toBeGreaterThan(f1(plain))
  })

  it('is as good on storms that no setting was chosen on', ({ expect }) => {
    const { plain, recommended } = compare(heldOutStorms)
    expect(recommended.precision).toBeGreaterThanOrEqual(0.9)
    expect(recommended.recall).toBeGreaterThanOrEqual(0.9)
    expect(f1(recommended)).toBeGreaterThan(f1(plain))
  })

  it('never puts the same title on unrelated services together', ({ expect }) => {
    expect(quality(RECOMMENDED_CORRELATION, labelledStorms, 'identical titles').precision).toBe(1)
  })
})
