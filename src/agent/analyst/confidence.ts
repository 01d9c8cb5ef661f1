/** How sure the ranking may be, and what it is called. */

import type { EvidenceItem } from '../evidence'
import type { Verdict } from '../findings'
import type { CaseFile } from './case-file'
import { KEYS, round4, type Candidate } from './fusion'
import { serviceKey } from './names'
import type { Components } from './signals'
import { list, plain } from './wording'

const COUNTS_FROM = 0.3
const CAPS = [0.45, 0.45, 0.7] as const
const CAP = 0.9
const EARLIER_MS = 120_000

/** Components that count as a family of evidence; an early sign counts only with an alert of its own. */
export function familiesOf(components: Components, hasAlert: boolean): readonly (keyof Components)[] {
  return KEYS.filter((key) => (components[key] ?? 0) >= COUNTS_FROM && (key !== 'A' || hasAlert))
}

/** Confidence from the scores of the first and the second candidate (0 for none). */
export function confidenceOf(input: {
  readonly first: number
  readonly second: number
  readonly families: number
  readonly contradictions: number
}): number {
  const raw = 0.6 * input.first + 0.4 * Math.min(1, (input.first - input.second) / 0.3)
  const cap = CAPS[input.families] ?? CAP
  return round4(Math.max(0, Math.min(cap, raw) - 0.15 * input.contradictions))
}

export function verdictOf(confidence: number): Verdict {
  if (confidence >= 0.75) return 'confirmed'
  return confidence >= 0.5 ? 'likely' : 'inconclusive'
}

/** The best candidate that the first one has not hurt; those it has hurt are no other explanation. */
export function rivalOf(
  file: CaseFile,
  first: Candidate,
  candidates: readonly Candidate[],
): Candidate | undefined {
  return candidates.find(({ service }) => file.effects.hops(service, first.service) === null)
}

/** Half of the alerting services or more are known to have nothing to do with it: there may be two incidents in one. */
export function explainsLittle(file: CaseFile, first: Candidate): boolean {
  return straysOf(file, first).length * 2 >= file.timeline.value.services.length
}

/** Alerting services of the known topology that are in no way connected with a candidate. */
function straysOf({ timeline, graph, effects }: CaseFile, { service: first }: Candidate): readonly string[] {
  return timeline.value.services
    .map(({ service }) => service)
    .filter(
      (service) =>
        (graph.dependencies(service, 1).length > 0 || graph.dependents(service, 1).length > 0) &&
        [effects.hops(service, first), graph.hops(service, first), graph.hops(first, service)].every(
          (hops) => hops === null,
        ),
    )
}

/** What speaks against the first candidate, in words; each counts once. */
export function contradictionsOf(
  file: CaseFile,
  first: Candidate,
  all: readonly Candidate[],
): readonly string[] {
  const found: string[] = []
  if (first.components.M === 0) found.push(`the metrics of ${first.service} stayed within their usual range`)
  const sign = first.firstSign
  const earlier = all.find(
    (other) =>
      sign !== null &&
      other.firstSign !== null &&
      serviceKey(other.service) !== serviceKey(first.service) &&
      sign - other.firstSign > EARLIER_MS &&
      file.effects.hops(other.service, first.service) === null,
  )
  if (earlier !== undefined) {
    const apart =
      file.graph.hops(earlier.service, first.service) === null
        ? `which does not depend on ${first.service}`
        : `which ${first.service} cannot have hurt`
    found.push(`${earlier.service}, ${apart}, showed a sign more than 2 minutes earlier`)
  }
  if (explainsLittle(file, first)) {
    const names = straysOf(file, first).map((service) => plain(service))
    found.push(`${list(names)} ${names.length === 1 ? 'is' : 'are'} not known to depend on ${first.service}`)
  }
  const families = familiesOf(first.components, first.hasAlert)
  if (families.some((key) => supportOf(file, first, key).every((item) => item.trust === 'low'))) {
    found.push('one of the signals rests only on evidence of low trust')
  }
  return found
}

function supportOf(file: CaseFile, first: Candidate, key: keyof Components): readonly EvidenceItem[] {
  const items: readonly (EvidenceItem | undefined)[] = {
    A: [file.timeline.item],
    M: first.anomalies.map((series) => series.item),
    G: [file.topology?.item, file.timeline.item],
    C: [first.change?.item],
    L: [file.logged.get(serviceKey(first.service))],
  }[key]
  return items.filter((item) => item !== undefined)
}
