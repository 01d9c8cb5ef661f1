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
      const value = key === 'M' && isSilent(components) ? 0 : components[key]
      return value === null ? [] : [{ weight: WEIGHTS[key], value }]
    })
    const weight = known.reduce((sum, part) => sum + part.weight, 0)
    return weight === 0 ? 0 : round4(known.reduce((sum, part) => sum + part.weight * part.value, 0) / weight)
  })
}

/** Where others have metrics, what shows nothing of its own is no suspect just because others call it. */
const isSilent = ({ A, M, C, L }: Components): boolean =>
  A === null && M === null && L === null && (C ?? 0) === 0

/** What is left of a score when something that can have hurt the service is in the same trouble, and was no later. */
const EXPLAINED = 0.75
const TOLERANCE = 120_000

/** Services with at least one component above 0, best first: score, then earlier first sign, then name. */
export function rank(signals: readonly Signals[], effects: Graph): readonly Candidate[] {
  const candidates = signals.filter((one) => KEYS.some((key) => (one.components[key] ?? 0) > 0))
  const scores = scoresOf(candidates.map((one) => one.components))
  return candidates
    .map((one, index) => {
      const explained = candidates.some((other) => explains(other, one, effects))
      return { ...one, score: round4((scores[index] ?? 0) * (explained ? EXPLAINED : 1)) }
    })
    .toSorted(
      (a, b) =>
        b.score - a.score ||
        (a.firstSign ?? Number.MAX_SAFE_INTEGER) - (b.firstSign ?? Number.MAX_SAFE_INTEGER) ||
        (a.service < b.service ? -1 : 1),
    )
}

/** A slow dependency makes its callers slow, a caller that asks too much makes its dependency slow. */
function explains(other: Signals, service: Signals, effects: Graph): boolean {
  const [own, theirs] = [troubleOf(service), troubleOf(other)]
  if (own === null || theirs === null || theirs === 0 || theirs < own / 2) return false
  if (service.firstSign === null || other.firstSign === null) return false
  return (
    effects.hops(service.service, other.service) === 1 && other.firstSign <= service.firstSign + TOLERANCE
  )
}

/** How unwell a service is by its own telemetry; null when there is none. */
function troubleOf({ components: { M, L } }: Signals): number | null {
  return M === null && L === null ? null : Math.max(M ?? 0, L ?? 0)
}
