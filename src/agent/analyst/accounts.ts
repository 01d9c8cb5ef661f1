/** Whether the trouble of a called service can be the reason for that of its caller. */

import type { EdgeFacts } from '../facts'
import type { CaseFile } from './case-file'
import { templateScore } from './logs'
import { same, symptomsOf, type Measured } from './signs'
import type { Profile } from './shapes'

type Known = Measured & Pick<CaseFile, 'templates'>

/** What passes from a called service to its caller, in a unit that both share. */
const PASSED_ON: readonly Profile[] = ['latency_p95', 'error_ratio', 'errors']
/** One request makes a few calls. Where it makes more than ten of one kind, each may add less. */
const SHARE = 0.1
/** What more requests alone rarely do to a service. Restarts are no sign of it: a release nearby brings them, too. */
const OWN: readonly Profile[] = ['unavailable', 'saturation', 'backlog']

/**
 * A counterfactual: were the called service well, would its caller be? Not where it adds too little beside what its caller
 * does, and shows no trouble of its own: then the caller asks again and again, and that is what the called one suffers from.
 */
export const canAccountFor = (file: Known, call: EdgeFacts): boolean =>
  addsEnough(file, call) || hasOwnTrouble(file, call.to)

/**
 * Compares excess over usual, as root-cause analysis by counterfactual contribution does (Budhathoki et al., "Causal
 * structure-based root cause analysis of outliers", 2022), without its model of the whole system.
 */
function addsEnough(file: Measured, { from, to }: EdgeFacts): boolean {
  const kinds = PASSED_ON.map((kind) => ({
    caller: excessOf(file, from, kind),
    called: excessOf(file, to, kind),
  }))
  const isKnown = kinds.some(({ caller }) => caller > 0) && kinds.some(({ called }) => called > 0)
  return !isKnown || kinds.some(({ caller, called }) => called > 0 && called >= SHARE * caller)
}

/**
 * Short waits add up to long ones where callers queue, and a small share of a shared service's requests can be all of one
 * caller's. Such trouble shows in what requests do not bring along.
 */
const hasOwnTrouble = (file: Known, called: string): boolean =>
  symptomsOf(file, called).some(({ profile }) => OWN.includes(profile)) ||
  file.templates.some(
    ({ service, template, incident, baseline }) =>
      same(service, called) && templateScore(template, incident, baseline) > 0,
  )

const excessOf = (file: Measured, service: string, kind: Profile): number =>
  Math.max(
    0,
    ...symptomsOf(file, service).flatMap(({ profile, score }) => (profile === kind ? score.excess : [])),
  )
