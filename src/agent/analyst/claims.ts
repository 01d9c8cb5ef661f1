/** Sentences with their evidence, from templates: what each signal says in words. */

import type { Claim, RuledOut, Section } from '../findings'
import type { Change } from '../tools/recent-changes'
import type { CaseFile } from './case-file'
import type { Candidate } from './fusion'
import { serviceKey } from './names'
import type { RankedChange } from './changes'
import { counted, exactly, list, plain, plural, quoted, sentence } from './wording'

const KINDS: Readonly<Record<Change['kind'], string>> = {
  deployment: 'deployment',
  config: 'configuration change',
  flag: 'flag change',
  infrastructure: 'infrastructure change',
  scaling: 'scaling change',
  other: 'change',
}

/** A claim of the rules, its evidence in order and without repeats. */
export function claim(
  section: Section,
  text: string,
  items: readonly ({ readonly number: number } | null | undefined)[],
): Claim {
  return { section, ...ruledOut(text, items) }
}

/** The same without a section. */
export function ruledOut(
  text: string,
  items: readonly ({ readonly number: number } | null | undefined)[],
): RuledOut {
  const numbers = items.flatMap((item) => item?.number ?? [])
  return { text, evidence: [...new Set(numbers)].toSorted((a, b) => a - b), origin: 'rules' }
}

/** `deployment `deploy/checkout-api#1042` of checkout-api`. */
export function nameOfChange(change: Change): string {
  const name = quoted(change.ref) ?? plain(change.ref)
  return `${KINDS[change.kind]} ${name}${change.service === null ? '' : ` of ${plain(change.service)}`}`
}

const ended = (change: Change): string =>
  change.result === null ? 'ended' : `ended with ${plain(change.result, 40)}`

/** Which change, how it ended and how long before the first sign. */
export function changeSentence(change: RankedChange, candidate: Candidate): string {
  const through = change.hops === 0 ? '' : `, which ${candidate.service} depends on,`
  const measured = candidate.anomalies.some((series) => series.score.onset === candidate.firstSign)
  const what = candidate.hasAlert && !measured ? 'the first alert' : 'the first sign of trouble'
  const when =
    change.dt > 0
      ? `${exactly(change.dt)} before ${what}`
      : change.dt === 0
        ? `at the moment of ${what}`
        : `${exactly(-change.dt)} after ${what}, within the tolerance for clocks`
  return `${sentence(nameOfChange(change.change))}${through} ${ended(change.change)} ${when}.`
}

/** What a change carried; null when nothing is known. */
export function cargoSentence(change: Change): string | null {
  const commit = change.commit === null ? null : quoted(change.commit.slice(0, 12))
  const code = [
    ...(commit === null
      ? []
      : [`commit ${commit}${change.repository === null ? '' : ` of ${plain(change.repository)}`}`]),
    ...(commit !== null || change.repository === null ? [] : [`code of ${plain(change.repository)}`]),
    ...(change.branch === null ? [] : [`branch ${plain(change.branch)}`]),
  ]
  const by = change.author === null ? null : `started by ${plain(change.author)}`
  if (code.length === 0) return by === null ? null : `It was ${by}.`
  return `It carried ${[...code, ...(by === null ? [] : [by])].join(', ')}.`
}

/** Which services that depend on the candidate alerted, and when. */
export function dependants(
  file: CaseFile,
  candidate: Candidate,
): readonly { readonly service: string; readonly at: number }[] {
  return file.timeline.value.services
    .filter((service) => {
      const hops = file.graph.hops(service.service, candidate.service)
      return hops !== null && hops > 0
    })
    .map((service) => ({ service: service.service, at: Date.parse(service.firstAlertAt) }))
}

/** Who is affected, and who could be next. */
export function impact(file: CaseFile, first: Candidate | null): readonly Claim[] {
  const { services, incident, total } = file.timeline.value
  const where = incident.environment === null ? '' : ` in ${plain(incident.environment)}`
  const claims: Claim[] = []
  const touched = first === null ? [] : dependants(file, first)
  const open = services.filter((service) => service.open > 0)
  const verb = (count: number): string =>
    open.length === 0 ? 'alerted' : count === 1 ? 'is alerting' : 'are alerting'
  if (touched.length > 0 && first !== null) {
    const depend = touched.length === 1 ? 'depends' : 'depend'
    claims.push(
      claim(
        'impact',
        `${counted(touched.length, 'service')} that ${depend} on ${plain(first.service)} ${verb(touched.length)}${where}: ${list(touched.map((one) => plain(one.service)))}.`,
        [file.timeline.item, file.topology?.item],
      ),
    )
  } else if (services.length > 0) {
    claims.push(
      claim(
        'impact',
        `${counted(services.length, 'service')} ${verb(services.length)}${where}: ${list(services.map((service) => plain(service.service)))} (${plural(total, 'alert')}).`,
        [file.timeline.item],
      ),
    )
  } else {
    claims.push(
      claim('impact', `${plural(total, 'alert')}${where}, none of which names a service.`, [
        file.timeline.item,
      ]),
    )
  }
  const alerting = new Set(services.map((service) => serviceKey(service.service)))
  const quiet =
    first === null || file.topology === null
      ? []
      : file.graph.dependents(first.service, 2).filter((one) => !alerting.has(serviceKey(one.service)))
  if (first !== null && quiet.length > 0) {
    claims.push(
      claim(
        'impact',
        `${counted(quiet.length, 'further service')} ${quiet.length === 1 ? 'depends' : 'depend'} on ${plain(first.service)} without an alert in this incident: ${list(quiet.map((one) => plain(one.service)))}.`,
        [file.timeline.item, file.topology?.item],
      ),
    )
  }
  return claims
}
