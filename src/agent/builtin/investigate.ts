/** The built-in analyst's next turn in an investigation: what it saw, what it asks next, or its findings. */

import { analyse, type Analysis } from '../analyst/analyse'
import { openCase, type CaseFile } from '../analyst/case-file'
import { dateTime, duration, list, plain, plural } from '../analyst/wording'
import { contextTools, SUBMIT_FINDINGS } from '../tools'
import { suspectsOf } from './ask-services'
import { furtherCalls, isMetrics } from './follow-signals'
import { learnedOutside, outsideCalls, runbookSearch } from './outside-calls'
import { commitCalls, learnedFromCommits } from './read-commits'
import { eventCalls, learnedFromEvents } from './read-events'
import { learnedFromLogs, logCalls } from './read-logs'
import type { Transcript } from './transcript'

export interface Turn {
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
}

const MAX_CALLS = 4

/** `offered` are the tools that may be called in this turn. */
export function nextTurn(transcript: Transcript, offered: ReadonlySet<string>): Turn {
  const analysis = analyse(transcript.evidence)
  const file = openCase(transcript.evidence)
  const learned = file === null ? [] : learnedFrom(file, analysis, transcript.fresh)
  const missing = missingCalls(file, analysis, transcript, offered)
  if (missing.length > 0) {
    const calls = missing.slice(0, MAX_CALLS)
    const before = learned.length === 0 ? analysis.observation : learned.join(' ')
    return { text: `${before} ${purposeOf(calls, file)}`, calls }
  }
  const text = [...learned, analysis.conclusion].join(' ')
  if (!offered.has(SUBMIT_FINDINGS)) return { text, calls: [] }
  return { text, calls: [{ name: SUBMIT_FINDINGS, args: submission(analysis) }] }
}

const submission = (analysis: Analysis): unknown => ({
  ...analysis.findings,
  claims: analysis.findings.claims.slice(0, 30),
  ruledOut: analysis.findings.ruledOut.slice(0, 20),
  notChecked: analysis.findings.notChecked.slice(0, 30),
})

/** What is still to be asked, in the order of the plan. */
function missingCalls(
  file: CaseFile | null,
  { candidates }: Analysis,
  transcript: Transcript,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const own = planOf(file).filter((call) => offered.has(call.name) && !transcript.called.has(call.name))
  if (file === null) return own
  const walk = furtherCalls(file, transcript, offered)
  const first = [...own, ...walk, ...outsideCalls(file, transcript, offered)]
  // What to do next is asked where a turn has room for it.
  const last = runbookSearch(file, transcript, offered)
  // The other sources are asked about whoever leads, and that is known once the metrics are.
  if (walk.length > 0) return [...first, ...last]
  const suspects = suspectsOf(file, candidates)
  const about = [
    ...logCalls(file, suspects, transcript, offered),
    ...eventCalls(file, suspects, transcript, offered),
  ]
  const commits = about.length > 0 ? [] : commitCalls(file, candidates[0], transcript, offered)
  return [...first, ...about, ...commits, ...last]
}

function planOf(file: CaseFile | null): Turn['calls'] {
  const context = contextTools.map((tool) => ({ name: tool.name, args: {} }))
  if (file === null) return context
  const { primaryAlertId, services, incident } = file.timeline.value
  const service = services[0]?.service ?? incident.service
  return [
    ...context,
    ...(primaryAlertId === null
      ? []
      : [
          { name: 'alert_history', args: { alertId: primaryAlertId, days: 30 } },
          { name: 'get_alert_payload', args: { alertId: primaryAlertId } },
        ]),
    ...(service === null ? [] : [{ name: 'recent_incidents', args: { service, days: 7 } }]),
  ]
}

const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/_service_logs$/, 'which errors are new in the logs'],
  [/_service_events$/, 'what the platform says about restarts, warnings and rollouts'],
  [/_service_commits$/, 'which commits went out with the change'],
]

function purposeOf(calls: Turn['calls'], file: CaseFile | null): string {
  const service = file?.timeline.value.services[0]?.service ?? 'the service'
  const purposes: Readonly<Record<string, string>> = {
    alert_timeline: 'the order of the alerts',
    recent_changes: 'what changed before the first of them',
    service_topology: 'who depends on whom',
    similar_incidents: 'whether something like this was analysed before',
    alert_history: 'how often this alert fired before',
    get_alert_payload: 'what its sender said in full',
    recent_incidents: `what else happened to ${plain(service)} lately`,
    fetch_runbook: 'what the runbook of the alert says',
    find_runbook: 'whether there is a runbook for it',
    provider_status: 'whether a provider that the alerts name has trouble of its own',
  }
  const each = calls.map(({ name }) =>
    isMetrics(name)
      ? 'how the services around it are doing'
      : (purposes[name] ?? SOURCES.find(([pattern]) => pattern.test(name))?.[1] ?? name),
  )
  return `Next I look at ${list([...new Set(each)])}.`
}

/** What the last results added, in their words; nothing is said about results that found nothing new. */
function learnedFrom(
  file: CaseFile,
  { candidates }: Analysis,
  fresh: ReadonlySet<number>,
): readonly string[] {
  const said: string[] = [...learnedOutside(file, fresh)]
  const { history, recent, similar } = file
  const unusual = file.series.filter(({ item, score }) => fresh.has(item.number) && score.anomalous)
  for (const { service, name, score } of unusual.slice(0, 3))
    said.push(`${plain(name)} of ${plain(service)} is unusual since ${dateTime(score.onset ?? file.onset)}.`)
  said.push(
    ...learnedFromLogs(file, fresh),
    ...learnedFromEvents(file, fresh),
    ...learnedFromCommits(file, candidates[0], fresh),
  )
  if (history !== null && fresh.has(history.item.number)) {
    const typical = history.value.typicalSeconds
    const length = typical === null ? '' : `, typically for ${duration(typical)}`
    said.push(
      `The alert fired ${plural(history.value.total, 'time')} before in ${history.value.days} days${length}.`,
    )
  }
  if (recent !== null && fresh.has(recent.item.number)) {
    const titles = recent.value.incidents.slice(0, 3).map((one) => plain(one.title, 60))
    said.push(
      `${plain(recent.value.service)} had ${plural(recent.value.total, 'other incident')} in ${recent.value.days} days: ${list(titles)}.`,
    )
  }
  const past = similar?.value.incidents[0]
  if (similar !== null && past !== undefined && fresh.has(similar.item.number)) {
    said.push(
      `The most similar analysed incident is ${plain(past.title, 60)} of ${past.startedAt.slice(0, 10)}.`,
    )
  }
  return said
}
