/** Whether the trouble of a called service is large enough for that of its caller. */

import type { EdgeFacts } from '../facts'
import { symptomsOf, type Measured } from './signs'
import type { Profile } from './shapes'

/** What passes from a called service to its caller, in a unit that both share. */
const PASSED_ON = ['latency_p95', 'error_ratio'] as const
/** One request makes a few calls. Where it makes more than ten of one kind, each may add less. */
const SHARE = 0.1

/**
 * A counterfactual: were the called service well, would its caller be? Not where both are slower or fail more, but what the
 * called one adds is too little beside what the caller does. Compares excess over usual, as root-cause analysis by
 * counterfactual contribution does (Budhathoki et al., "Causal structure-based root cause analysis of outliers", 2022),
 * without its model of the whole system.
 */
export function canAccountFor(file: Measured, { from, to }: EdgeFacts): boolean {
  const kinds = PASSED_ON.map((kind) => ({
    caller: excessOf(file, from, kind),
    called: excessOf(file, to, kind),
  }))
  const isKnown = kinds.some(({ caller }) => caller > 0) && kinds.some(({ called }) => called > 0)
  return !isKnown || kinds.some(({ caller, called }) => called > 0 && called >= SHARE * caller)
}

const excessOf = (file: Measured, service: string, kind: Profile): number =>
  Math.max(
    0,
    ...symptomsOf(file, service).flatMap(({ profile, score }) => (profile === kind ? score.excess : [])),
  )
