/** Signals become a score per service. */

import type { Graph } from './graph'
import type { Components, Signals } from './signals'

const WEIGHTS: Readonly<Record<keyof Components, number>> = {
  A: 0.15,
  M: 0.2,
  G: 0.25,
  C: 0.25,
  L: 0.15,
}
export const KEYS = ['A', 'M', 'G', 'C', 'L'] as const

export interface Candidate extends Signals {
  readonly score: number
}

export const round4 = (value: number): number => Math.round((value + Number.EPSILON) * 10_000) / 10_000

/** Scores of candidates in their order; a component that says nothing about any of them is left out for all. */
export function scoresOf(candidates: readonly Components[]): readonly number[] {
  const used = KEYS.filter((key) => candidates.some((components) => (components[key] ?? 0) > 0))
  return candidates.map((components) => {
    const known = used.flatMap((key) => {
      const value = components[key]
      return value === null ? [] : [{ weight: WEIGHTS[key], value }]
    })
    const weight = known.reduce((sum, part) => sum + part.weight, 0)
    return weight === 0 ? 0 : round4(known.reduce((sum, part) => sum + part.weight * part.value, 0) / weight)
  })
}

/** What is left of a score when something that the service calls is in the same trouble, and was no later. */
const EXPLAINED = 0.75
const TOLERANCE = 120_000

/** Services with at least one component above 0, best first: score, then earlier first sign, then name. */
export function rank(signals: readonly Signals[], graph: Graph): readonly Candidate[] {
  const candidates = signals.filter((one) => KEYS.some((key) => (one.components[key] ?? 0) > 0))
  const scores = scoresOf(candidates.map((one) => one.components))
  return candidates
    .map((one, index) => {
      const explained = candidates.some((other) => explains(other, one, graph))
      return { ...one, score: round4((scores[index] ?? 0) * (explained ? EXPLAINED : 1)) }
    })
    .toSorted(
      (a, b) =>
        b.score - a.score ||
        (a.firstSign ?? Number.MAX_SAFE_INTEGER) - (b.firstSign ?? Number.MAX_SAFE_INTEGER) ||
        (a.service < b.service ? -1 : 1),
    )
}

/** Trouble comes up the call graph: a slow dependency makes its callers slow. */
function explains(dependency: Signals, service: Signals, graph: Graph): boolean {
  const [own, other] = [service.components.M, dependency.components.M]
  if (own === null || other === null || other === 0 || other < own / 2) return false
  if (service.firstSign === null || dependency.firstSign === null) return false
  return (
    graph.hops(service.service, dependency.service) === 1 &&
    dependency.firstSign <= service.firstSign + TOLERANCE
  )
}
