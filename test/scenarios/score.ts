/** How well an analysis agrees with the label of its scenario. */

import { analyse, type Analysis } from '../../src/agent/analyst/analyse'
import type { EvidenceItem } from '../../src/agent/evidence'
import type { Scenario } from './scenario'

export interface Scored {
  readonly scenario: Scenario
  readonly analysis: Analysis
  /** Place of the cause in the ranking, from 1; null where it is not ranked or nobody is the cause. */
  readonly place: number | null
  /** `named`: the right service in the report. `wrong`: another one. `abstained`: none. */
  readonly answer: 'named' | 'wrong' | 'abstained'
  readonly mechanismRight: boolean
}

/** Analyses a scenario's evidence and compares with its label. */
export function score(scenario: Scenario, evidence: readonly EvidenceItem[]): Scored {
  const analysis = analyse(evidence)
  const place = analysis.candidates.findIndex(({ service }) => service === scenario.cause) + 1
  const named = analysis.rootCauseService
  const allowed = scenario.mechanism === undefined ? [] : [scenario.mechanism].flat()
  return {
    scenario,
    analysis,
    place: place === 0 ? null : place,
    answer: named === null ? 'abstained' : named === scenario.cause ? 'named' : 'wrong',
    mechanismRight: allowed.includes(analysis.mechanism),
  }
}

export interface Figures {
  readonly cases: number
  readonly causes: number
  /** Shares of the scenarios with a cause. */
  readonly top1: number
  readonly top3: number
  /** The report names the right service, not only the ranking. */
  readonly named: number
  readonly mechanism: number
  /** Share of the scenarios without a cause in which the report names nobody. */
  readonly abstained: number
  /** Reports that name a wrong service. */
  readonly wrong: number
  /** Those of them that call it confirmed. */
  readonly wrongConfirmed: number
}

/** The scorecard's figures of some scenarios. */
export function figuresOf(scored: readonly Scored[]): Figures {
  const known = scored.filter(({ scenario }) => scenario.cause !== 'nobody')
  const unknown = scored.filter(({ scenario }) => scenario.cause === 'nobody')
  const explained = scored.filter(({ scenario }) => scenario.mechanism !== undefined)
  const wrong = scored.filter(({ answer }) => answer === 'wrong')
  return {
    cases: scored.length,
    causes: known.length,
    top1: share(known, ({ place }) => place === 1),
    top3: share(known, ({ place }) => place !== null && place <= 3),
    named: share(known, ({ answer }) => answer === 'named'),
    mechanism: share(explained, ({ mechanismRight }) => mechanismRight),
    abstained: share(unknown, ({ answer }) => answer === 'abstained'),
    wrong: wrong.length,
    wrongConfirmed: wrong.filter(({ analysis }) => analysis.verdict === 'confirmed').length,
  }
}

const share = (scored: readonly Scored[], is: (one: Scored) => boolean): number =>
  scored.length === 0 ? 1 : scored.filter(is).length / scored.length
