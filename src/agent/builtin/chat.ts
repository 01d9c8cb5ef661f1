/** Answers of the built-in analyst: known questions from stored evidence, an honest word on all others. */

import { analyse, type Analysis } from '../analyst/analyse'
import { openCase, type CaseFile } from '../analyst/case-file'
import { nameOfChange } from '../analyst/claims'
import { clock, dateTime, duration, exactly, list, plain, plural, sentence } from '../analyst/wording'
import type { EvidenceItem } from '../evidence'
import { validateFindings, type Claim, type Findings, type RuledOut, type Section } from '../findings'
import { intentOf, type Intent } from './intents'
import type { DataBlock, IncidentBlock } from './prompt'

const MAX_LINES = 20

interface Known {
  readonly incident: IncidentBlock
  readonly evidence: readonly EvidenceItem[]
  readonly file: CaseFile
  readonly analysis: Analysis
  readonly findings: Findings
  readonly suggestions: readonly {
    readonly title: string
    readonly description: string
    readonly risk: string
  }[]
}

/** Short Markdown with citations `[n]`. */
export function answer(
  question: string,
  chat: Extract<DataBlock, { kind: 'chat' }>,
  evidence: readonly EvidenceItem[],
): string {
  const intent = intentOf(question)
  if (intent === null) return unknownQuestion()
  const file = openCase(evidence)
  if (file === null) {
    return 'I have no evidence of this incident yet: its investigation has not stored any. Ask again once it has begun, or start it.'
  }
  const analysis = analyse(evidence)
  const { findings } = validateFindings(analysis.findings, evidence)
  const suggestions = chat.suggestions.length > 0 ? chat.suggestions : analysis.suggestions
  return ANSWERS[intent]({ incident: chat.incident, evidence, file, analysis, findings, suggestions })
}

const ANSWERS: Readonly<Record<Intent, (known: Known) => string>> = {
  what_happened: (known) =>
    paragraphs([verdictLine(known), claims(known, 'what_happened'), claims(known, 'impact')]),
  timeline,
  cause: (known) =>
    paragraphs([
      verdictLine(known),
      known.findings.verdict === 'inconclusive' ? bullets(candidates(known)) : claims(known, 'root_cause'),
      known.findings.ruledOut.length === 0
        ? ''
        : `Ruled out:\n${bullets(known.findings.ruledOut.map(cited))}`,
      known.analysis.contradictions.length === 0 ? '' : `Against it: ${list(known.analysis.contradictions)}.`,
    ]),
  changes,
  runbook,
  affected: (known) => paragraphs([claims(known, 'impact'), services(known)]),
  next: ({ suggestions }) =>
    suggestions.length === 0
      ? 'There is no suggestion for this incident.'
      : suggestions
          .map(
            (one, index) =>
              `${index + 1}. **${plain(one.title, 200)}** (risk ${one.risk}): ${one.description}`,
          )
          .join('\n'),
  resolved,
  before,
}

/** What this analyst cannot do, and what it can. */
function unknownQuestion(): string {
  return [
    'I cannot tell that without a language model: none is configured, and I answer only from stored evidence. I can answer:',
    bullets([
      'what happened, and in what order',
      'why it happened, as far as the evidence tells',
      'what changed before it',
      'who and what is affected',
      'what to do next, and whether there is a runbook',
      'whether it is resolved',
      'whether this was seen before',
    ]),
  ].join('\n\n')
}

function verdictLine({ findings, analysis }: Known): string {
  if (findings.verdict === 'inconclusive')
    return 'The root cause is undetermined: no candidate has enough evidence.'
  return `**${findings.headline}** (${findings.verdict}, confidence ${analysis.confidence})`
}

const candidates = ({ findings }: Known): readonly string[] =>
  findings.claims
    .filter((claim) => claim.section === 'root_cause')
    .slice(0, 3)
    .map((claim) => `Unproven: ${cited(claim)}`)

const claims = ({ findings }: Known, section: Section): string =>
  findings.claims
    .filter((claim: Claim) => claim.section === section)
    .map(cited)
    .join(' ')

const cited = (claim: RuledOut): string => `${claim.text} [${claim.evidence.join(', ')}]`

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

const paragraphs = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n')

function timeline({ file, incident }: Known): string {
  const { alerts, total } = file.timeline.value
  const mark = `[${file.timeline.item.number}]`
  const events = [
    ...alerts.map((alert) => ({
      at: Date.parse(alert.startsAt),
      text: `${plain(alert.title)} fired${alert.service === null ? '' : ` on ${plain(alert.service)}`} (${alert.severity}) ${mark}`,
    })),
    ...alerts.flatMap((alert) =>
      alert.resolvedAt === null
        ? []
        : [{ at: Date.parse(alert.resolvedAt), text: `${plain(alert.title)} resolved ${mark}` }],
    ),
    ...file.changes.slice(0, 10).map((known) => ({
      at: known.finishedAt,
      text: `${nameOfChange(known.change)} ended${known.change.result === null ? '' : ` with ${plain(known.change.result, 40)}`} [${known.item.number}]`,
    })),
  ].toSorted((a, b) => a.at - b.at || (a.text < b.text ? -1 : 1))
  const shown = events.slice(0, MAX_LINES).map((event) => `${clock(event.at)}: ${event.text}`)
  const more = events.length > MAX_LINES ? [`and ${plural(events.length - MAX_LINES, 'more event')}`] : []
  const resolved = incident.resolvedAt === null ? null : Date.parse(incident.resolvedAt)
  const end = resolved === null ? '' : ` It was resolved after ${duration((resolved - file.onset) / 1000)}.`
  return `It began at ${dateTime(file.onset)} with ${plural(total, 'alert')} in all ${mark}.${end}\n\n${bullets([...shown, ...more])}`
}

function changes({ file }: Known): string {
  const source = file.changeSource
  if (source === null) return 'No change source has reported anything, so I cannot tell what changed.'
  if (file.changes.length === 0)
    return `No change was reported from 2 hours before the first alert on [${source.number}].`
  const lines = file.changes.slice(0, 8).map((known) => {
    const lag = (file.onset - known.finishedAt) / 1000
    const when =
      lag >= 0 ? `${exactly(lag)} before the first alert` : `${exactly(-lag)} after the first alert`
    const by = known.change.author === null ? '' : `, by ${plain(known.change.author)}`
    const commit = known.change.commit === null ? '' : `, commit ${plain(known.change.commit.slice(0, 12))}`
    const result = known.change.result === null ? '' : ` with ${plain(known.change.result, 40)}`
    return `${sentence(nameOfChange(known.change))} ended${result} at ${clock(known.finishedAt)}, ${when}${commit}${by} [${known.item.number}]`
  })
  const more = file.changes.length > lines.length ? [`and ${file.changes.length - lines.length} more`] : []
  return bullets([...lines, ...more])
}

function services({ file }: Known): string {
  const rows = file.timeline.value.services.slice(0, MAX_LINES).map((service) => {
    const state =
      service.open > 0 ? `${service.open} of ${plural(service.alerts, 'alert')} open` : 'all alerts resolved'
    return `${plain(service.service)}: ${state}, worst severity ${service.worst} [${file.timeline.item.number}]`
  })
  return bullets(rows)
}

function resolved({ file, incident }: Known): string {
  const { open, total, services } = file.timeline.value
  const mark = `[${file.timeline.item.number}]`
  const seen = `When I last looked, at ${dateTime(file.timeline.item.executedAt)},`
  if (incident.resolvedAt !== null) {
    const at = Date.parse(incident.resolvedAt)
    return `Yes. The incident was resolved at ${dateTime(at)}, ${duration((at - file.onset) / 1000)} after the first alert ${mark}.`
  }
  if (incident.status === 'resolved')
    return `Yes. The incident is marked as resolved. ${seen} ${open} of ${plural(total, 'alert')} were open ${mark}.`
  if (open === 0)
    return `The incident is still open, but ${seen.replace('When', 'when')} all ${plural(total, 'alert')} had resolved ${mark}.`
  const where = services.filter((service) => service.open > 0).map((service) => plain(service.service))
  return `No. The incident is ${incident.status}. ${seen} ${open} of ${plural(total, 'alert')} ${open === 1 ? 'was' : 'were'} open${where.length === 0 ? '' : `, on ${list(where)}`} ${mark}.`
}

function runbook({ file }: Known): string {
  const { item, value } = file.timeline
  const links = new Map(
    value.alerts.flatMap(({ title, runbookUrl }) =>
      runbookUrl === null ? [] : [[runbookUrl, title] as const],
    ),
  )
  const found = file.runbook
  const lines = [
    ...[...links].map(([url, title]) => `${plain(title)} links to ${plain(url, 500)} [${item.number}]`),
    ...(found === null
      ? []
      : [
          `${plain(found.value.title)}: ${plain(found.value.url ?? found.value.source, 500)} [${found.item.number}]`,
        ]),
  ]
  return lines.length === 0
    ? 'I know of none: no alert of this incident links to one, and no investigation has found one.'
    : bullets(lines.slice(0, MAX_LINES))
}

function before({ file }: Known): string {
  const { similar, history, recent } = file
  const lines = [
    ...(similar?.value.incidents ?? []).map((past) => {
      const cause =
        past.mechanism === null
          ? ''
          : `, put down to ${plain(past.mechanism.replaceAll('_', ' '))}${past.rootCauseService === null ? '' : ` on ${plain(past.rootCauseService)}`}`
      return `${past.startedAt.slice(0, 10)}: ${plain(past.title)}${past.sameKey ? ' (same alert)' : ''}${cause}${past.helpful === true ? '; that analysis was marked as helpful' : ''} [${similar?.item.number ?? ''}]`
    }),
    ...(history === null || history.value.total === 0
      ? []
      : [
          `The same alert fired ${plural(history.value.total, 'time')} before in ${history.value.days} days${history.value.typicalSeconds === null ? '' : `, typically for ${duration(history.value.typicalSeconds)}`} [${history.item.number}]`,
        ]),
    ...(recent === null || recent.value.total === 0
      ? []
      : [
          `${plain(recent.value.service)} had ${plural(recent.value.total, 'other incident')} in ${recent.value.days} days [${recent.item.number}]`,
        ]),
  ]
  return lines.length === 0
    ? 'Not as far as the stored evidence tells: it holds no similar analysed incident and no earlier firing of this alert.'
    : `Yes, there is a precedent:\n\n${bullets(lines)}`
}
