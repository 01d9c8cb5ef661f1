/** Sentences with their evidence, from templates: what each signal says in words. */

import type { Claim, RuledOut, Section } from '../findings'
import type { Change } from '../tools/recent-changes'
import type { CaseFile } from './case-file'
import type { Candidate } from './fusion'
import { serviceKey } from './names'
import { changeHops, type RankedChange } from './signals'
import { clock, counted, dateTime, duration, exactly, list, plain, plural, quoted, sentence } from './wording'

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

/** The course of events. `mentionChange`: tell of the nearest change here, since it is not the root cause. */
export function whatHappened(
  file: CaseFile,
  first: Candidate | null,
  mentionChange: boolean,
): readonly Claim[] {
  const { services, alerts, open, total } = file.timeline.value
  const [earliest, ...later] = services
  const claims: Claim[] = []
  const timeline = file.timeline.item
  const opening = earliest ?? null
  if (opening === null) {
    const [alert] = alerts
    if (alert !== undefined)
      claims.push(
        claim(
          'what_happened',
          `${plain(alert.title)} fired first, at ${dateTime(file.onset)}; no alert names a service.`,
          [timeline],
        ),
      )
  } else {
    claims.push(
      claim(
        'what_happened',
        `${plain(opening.service)} fired ${plain(opening.firstTitle)} first, at ${dateTime(Date.parse(opening.firstAlertAt))} (severity ${opening.worst}).`,
        [timeline],
      ),
    )
  }
  if (later.length > 0) {
    const followers = later.map(
      (service) => `${plain(service.service)} (${duration(service.lagSeconds)} later)`,
    )
    claims.push(claim('what_happened', `${list(followers)} followed.`, [timeline]))
  }
  if (mentionChange && first !== null && first.change !== null) {
    claims.push(claim('what_happened', changeSentence(first.change, first), [first.change.item, timeline]))
  }
  claims.push(claim('what_happened', stateSentence(file, open, total), [timeline]))
  const fix = fixingChange(file, first)
  if (fix !== null) claims.push(fix)
  for (const alert of alerts.filter((one) => one.flaps > 0).slice(0, 2)) {
    claims.push(
      claim(
        'what_happened',
        `${plain(alert.title)} flapped ${alert.flaps === 1 ? 'once' : `${alert.flaps} times`} in ${duration((Date.parse(alert.resolvedAt ?? alert.lastSeenAt) - Date.parse(alert.startsAt)) / 1000)}.`,
        [timeline],
      ),
    )
  }
  return [...claims, ...memory(file)]
}

function stateSentence(file: CaseFile, open: number, total: number): string {
  const { alerts, services } = file.timeline.value
  if (open > 0)
    return open === total
      ? total === 1
        ? 'The alert is still open.'
        : `${every(total)} are still open.`
      : `${open} of ${total} alerts are still open.`
  const ends = [
    ...alerts.map((alert) => alert.resolvedAt),
    ...services.map((service) => service.lastResolvedAt),
  ].flatMap((at) => (at === null ? [] : Date.parse(at)))
  const last = ends.length === 0 ? null : Math.max(...ends)
  const when =
    last === null ? '' : ` at ${clock(last)}, ${duration((last - file.onset) / 1000)} after the first`
  return total === 1
    ? `The alert resolved${when.replace(' after the first', ' after it fired')}.`
    : `${every(total)} have resolved, the last${when}.`
}

const every = (total: number): string => (total === 2 ? 'Both alerts' : `All ${total} alerts`)

/** A successful change to the suspect after the onset and shortly before the alerts resolved. */
function fixingChange(file: CaseFile, first: Candidate | null): Claim | null {
  const { services, open } = file.timeline.value
  if (first === null || open > 0) return null
  const ends = services.flatMap((service) =>
    service.lastResolvedAt === null ? [] : Date.parse(service.lastResolvedAt),
  )
  const resolvedAt = ends.length === 0 ? null : Math.max(...ends)
  const found = file.changes.find(
    (known) =>
      resolvedAt !== null &&
      known.finishedAt > file.onset &&
      known.finishedAt <= resolvedAt &&
      known.change.result?.toUpperCase() === 'SUCCESS' &&
      changeHops(file, first.service, known.change) !== null,
  )
  if (found === undefined || resolvedAt === null) return null
  const lag = (resolvedAt - found.finishedAt) / 1000
  return claim(
    'what_happened',
    `${sentence(nameOfChange(found.change))} ended with SUCCESS ${exactly(lag)} before the last alert resolved.`,
    [found.item, file.timeline.item],
  )
}

/** What is known from before: the key's own history, like incidents, incidents nearby. None of it moves the ranking. */
function memory(file: CaseFile): readonly Claim[] {
  const claims: Claim[] = []
  const { history, similar, recent } = file
  if (history !== null && history.value.total > 0) {
    const typical =
      history.value.typicalSeconds === null ? '' : `, typically for ${duration(history.value.typicalSeconds)}`
    const times = history.value.total === 1 ? 'once' : plural(history.value.total, 'time')
    claims.push(
      claim(
        'what_happened',
        `The same alert fired ${times} before in ${history.value.days} days${typical}.`,
        [history.item],
      ),
    )
  }
  const past = similar?.value.incidents[0]
  if (similar !== null && past !== undefined) {
    const cause =
      past.mechanism === null
        ? ''
        : ` was put down to ${plain(past.mechanism)}${past.rootCauseService === null ? '' : ` on ${plain(past.rootCauseService)}`}`
    const key = past.sameKey ? 'with the same alert' : 'like this one'
    const liked = past.helpful === true ? ', and people marked that analysis as helpful' : ''
    claims.push(
      claim(
        'what_happened',
        `An incident ${key} on ${past.startedAt.slice(0, 10)} (${plain(past.title)})${cause === '' ? ' was analysed before' : cause}${liked}.`,
        [similar.item],
      ),
    )
  }
  if (recent !== null && recent.value.total > 0) {
    claims.push(
      claim(
        'what_happened',
        `${plain(recent.value.service)} had ${plural(recent.value.total, 'other incident')} in ${recent.value.days} days.`,
        [recent.item],
      ),
    )
  }
  return claims
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
