/** Answers of the built-in analyst where the thread is about no incident: what stands in the incidents, an honest word on the rest. */

import { dateTime, duration, plain, plural } from '../analyst/wording'
import { organisationIntent, severitiesIn, subjectOf, type OrganisationIntent } from './organisation-intents'
import type { DataBlock, OverviewBlock } from './prompt'

type Organisation = Extract<DataBlock, { kind: 'organisation' }>

const MAX_LINES = 10
const LONGEST_SUMMARY = 600

/** Short Markdown with links to incidents. */
export function answerFreely(question: string, organisation: Organisation): string {
  const subject = subjectOf(question)
  if (subject !== null && (subject.id !== null || organisation.named.length > 0))
    return describeNamed(organisation)
  const intent = organisationIntent(question)
  if (intent !== null) return ANSWERS[intent](organisation, question)
  return subject === null ? unknownQuestion() : notFound(subject.words)
}

const ANSWERS: Readonly<Record<OrganisationIntent, (of: Organisation, question: string) => string>> = {
  help: () => `I am the built-in analyst. ${abilities()}`,
  thanks: () => 'You are welcome.',
  greeting: (organisation) => `Hello. ${openLine(organisation)}\n\n${abilities()}`,
  open: (organisation, question) => {
    const asked: readonly string[] = severitiesIn(question)
    if (asked.length === 0) return listing(openLine(organisation), organisation.open, total(organisation))
    const shown = organisation.open.filter(({ severity }) => asked.includes(severity))
    const which = `severity ${asked.join(' or ')}`
    return shown.length === 0
      ? `No open incident has ${which}.`
      : listing(`${plural(shown.length, 'open incident')} of ${which}.`, shown)
  },
  resolved: ({ counts, recent }) => {
    const shown = recent.filter(({ status }) => status === 'resolved')
    return counts.resolved === 0
      ? 'No incident has been resolved yet.'
      : listing(`${plural(counts.resolved, 'incident')} resolved in all.`, shown, counts.resolved)
  },
  recent: (organisation) => {
    const all = total(organisation) + organisation.counts.resolved
    return all === 0
      ? 'There are no incidents yet.'
      : listing(`${plural(all, 'incident')} in all, the newest first.`, organisation.recent, all)
  },
}

const total = ({ counts }: Organisation): number => counts.investigating + counts.analyzed

function openLine(organisation: Organisation): string {
  const open = total(organisation)
  if (open === 0) return 'No incident is open.'
  const { investigating, analyzed } = organisation.counts
  return `${plural(open, 'incident')} ${open === 1 ? 'is' : 'are'} open: ${investigating} under investigation, ${analyzed} analysed.`
}

function listing(head: string, incidents: readonly OverviewBlock[], all = incidents.length): string {
  const shown = incidents.slice(0, MAX_LINES)
  if (shown.length === 0) return head
  const more = all > shown.length ? [`- and ${all - shown.length} more`] : []
  return [head, [...shown.map((one) => `- ${line(one)}`), ...more].join('\n')].join('\n\n')
}

const link = ({ id, title }: OverviewBlock): string => `[${plain(title)}](/incidents/${id})`

function line(one: OverviewBlock): string {
  const where = one.service === null ? '' : ` on ${plain(one.service)}`
  return `${link(one)}: ${one.severity}, ${one.status}${where}, began ${dateTime(Date.parse(one.startedAt))}`
}

function describeNamed({ named }: Organisation): string {
  const [first, ...others] = named
  if (first === undefined) return 'Your organisation has no incident with this id.'
  const began = Date.parse(first.startedAt)
  const resolved = first.resolvedAt === null ? null : Date.parse(first.resolvedAt)
  const end =
    resolved === null
      ? ''
      : ` It was resolved at ${dateTime(resolved)}, after ${duration((resolved - began) / 1000)}.`
  const summary = plain(first.summary.replaceAll(/[#*]+ ?/g, ''), LONGEST_SUMMARY)
  const rest = others.length === 0 ? '' : listing('Also named like that:', others)
  return [`${line(first)}.${end}`, summary, 'For the evidence, ask in the chat of that incident.', rest]
    .filter((part) => part !== '')
    .join('\n\n')
}

const notFound = (words: string): string =>
  `I find no incident whose title or service has "${plain(words, 80)}". I look for the words as they are; without a language model I cannot guess what is meant. ${abilities()}`

/** What this analyst cannot do, and what it can. */
const unknownQuestion = (): string =>
  `I cannot tell that without a language model: none is configured, and I answer only from stored incidents. ${abilities()}`

const abilities = (): string =>
  [
    'I can answer:',
    [
      'which incidents are open ("what is open?", "critical incidents")',
      'which were newest or resolved ("list incidents")',
      'how one of them stands ("status of checkout", or its id)',
      'what happened, why, what changed and what to do next: in the chat of the incident itself',
    ]
      .map((one) => `- ${one}`)
      .join('\n'),
  ].join('\n\n')
