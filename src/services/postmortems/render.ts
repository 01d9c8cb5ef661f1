/** A postmortem from stored data, as Markdown: the same data give the same text. */
import type { Claim, Findings } from '../../agent/findings'
import { iso } from '../../lib/time'

export interface PostmortemFacts {
  readonly title: string
  readonly severity: string
  readonly services: readonly string[]
  readonly sources: readonly string[]
  readonly startedAt: number
  readonly resolvedAt: number | null
  readonly summary: string
  readonly verdict: string | null
  readonly rootCauseService: string | null
  readonly findings: Pick<Findings, 'headline' | 'claims' | 'ruledOut' | 'notChecked'> | null
  readonly timeline: readonly { readonly at: number; readonly text: string }[]
  readonly changes: readonly { readonly at: number; readonly text: string }[]
  readonly actions: readonly {
    readonly title: string
    readonly description: string
    readonly done: boolean
  }[]
  /** What a language model says in place of the summary, and what it learned from the incident: cited sentences. */
  readonly story?: readonly Sentence[]
  readonly lessons?: readonly Sentence[]
  readonly isWordedByModel?: boolean
}

type Sentence = Pick<Claim, 'text' | 'evidence'>

export function renderPostmortem(facts: PostmortemFacts): string {
  const { findings } = facts
  const claimsOf = (section: string): readonly string[] =>
    (findings?.claims ?? []).filter((claim) => claim.section === section).map(cited)
  return [
    `# Postmortem: ${oneLine(facts.title)}`,
    table(facts),
    ...section('Summary', [summaryOf(facts)]),
    ...section('Timeline', [list(timelineOf(facts), 'Nothing was recorded.')]),
    ...section('Root Cause', [...(isOpen(facts) ? [UNDETERMINED] : []), ...claimsOf('root_cause')]),
    ...section('Impact', claimsOf('impact'), impactOf(facts)),
    ...section('Contributing Factors', [
      list(
        [
          ...claimsOf('what_happened'),
          ...facts.changes.map(({ at, text }) => `${iso(at)}: ${oneLine(text)}`),
        ],
        'None are known.',
      ),
    ]),
    ...section('Resolution', [resolutionOf(facts)]),
    ...section('Action Items', [
      list(
        facts.actions.map(
          ({ title, description, done }) =>
            `[${done ? 'x' : ' '}] **${oneLine(title)}**: ${oneLine(description)}`,
        ),
        'None were suggested.',
      ),
    ]),
    ...section('Lessons Learned', [
      list(
        [
          ...(facts.lessons ?? []).map(cited),
          ...(findings?.notChecked ?? []).map((gap) => `Could not be checked: ${oneLine(gap)}`),
        ],
        'To be written by the team.',
      ),
    ]),
    ...(facts.isWordedByModel === true ? [WORDED] : []),
  ].join('\n\n')
}

const UNDETERMINED = 'The root cause was not determined.'
const WORDED =
  '_Worded by a language model; each of its sentences was checked against the evidence that it cites._'

/** Whether there is no cause that stands; what is named then is a candidate. */
const isOpen = ({ verdict, findings }: PostmortemFacts): boolean =>
  verdict === 'inconclusive' || findings?.claims.some(({ section: name }) => name === 'root_cause') !== true

function summaryOf(facts: PostmortemFacts): string {
  const { story = [], summary } = facts
  if (story.length === 0)
    // The headings of an analysis lie below those of the postmortem.
    return summary.trim().replaceAll(/^#{1,2} /gm, '### ') || 'No analysis was published.'
  return [...(isOpen(facts) ? [UNDETERMINED] : []), ...story.map(cited)].join(' ')
}

function table(facts: PostmortemFacts): string {
  const rows = [
    ['Date', iso(facts.startedAt).slice(0, 10)],
    ['Duration', facts.resolvedAt === null ? 'not resolved' : duration(facts.resolvedAt - facts.startedAt)],
    ['Severity', facts.severity],
    ['Services', facts.services.join(', ') || 'unknown'],
    ['Sources', facts.sources.join(', ') || 'unknown'],
    ['Verdict', facts.verdict ?? 'none'],
  ]
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${cell(value ?? '')} |`)].join(
    '\n',
  )
}

const section = (title: string, paragraphs: readonly string[], otherwise = ''): string[] => [
  `## ${title}`,
  ...(paragraphs.length > 0 ? paragraphs : [otherwise]),
]

const list = (items: readonly string[], none: string): string =>
  items.length === 0 ? none : items.map((item) => `- ${item}`).join('\n')

const cited = ({ text, evidence }: Sentence): string =>
  evidence.length === 0 ? text : `${text} [${evidence.join(', ')}]`

const timelineOf = ({ timeline }: PostmortemFacts): string[] =>
  timeline
    .toSorted((a, b) => a.at - b.at)
    .slice(0, 200)
    .map(({ at, text }) => `${iso(at)}: ${oneLine(text)}`)

const impactOf = ({ services }: PostmortemFacts): string =>
  services.length === 0
    ? 'No affected service is known.'
    : `Affected: ${services.map((service) => `\`${service.replaceAll('`', "'")}\``).join(', ')}.`

function resolutionOf({ resolvedAt, actions }: PostmortemFacts): string {
  const when =
    resolvedAt === null ? 'The incident is open.' : `The incident was resolved at ${iso(resolvedAt)}.`
  const done = actions.filter((action) => action.done).map(({ title }) => oneLine(title))
  return done.length === 0 ? when : `${when} Carried out: ${done.join('; ')}.`
}

/** `1 d 2 h 3 min`, without the parts that are zero. */
function duration(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ] as const
  return (
    parts
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => `${amount} ${unit}`)
      .join(' ') || 'less than a minute'
  )
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const cell = (text: string): string => oneLine(text).replaceAll('|', String.raw`\|`)
