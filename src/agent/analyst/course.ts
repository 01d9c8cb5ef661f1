/** What happened, in sentences: the order of the alerts, what ended them, what is known from before. */

import type { Claim } from '../findings'
import type { CaseFile } from './case-file'
import { changeSentence, claim, nameOfChange } from './claims'
import { commitsClaim } from './commits'
import type { Candidate } from './fusion'
import { changeHops } from './changes'
import { clock, dateTime, duration, exactly, list, plain, plural, sentence } from './wording'

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
  const commits = commitsClaim(file, first)
  if (commits !== null) claims.push(commits)
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
