/** The published summary: rendered by code from findings that passed validation. */

import type { Claim, Findings, Section, Verdict } from './findings'
import { startOf } from './json'

/** Characters of a summary, at most. */
export const MAX_SUMMARY = 10_000
const UNDETERMINED = 'Root cause undetermined.'
const SECTIONS: readonly Section[] = ['root_cause', 'what_happened', 'impact']
const SECTION_NAMES: Readonly<Record<Section, string>> = {
  root_cause: 'root cause',
  what_happened: 'what happened',
  impact: 'impact',
}

/** The first line, from the leading root-cause claim and the verdict. */
export function headlineOf(verdict: Verdict, cause: string | null): string {
  if (verdict === 'inconclusive' || cause === null) return UNDETERMINED
  const plain = cause.replaceAll('`', '')
  const lowered = /^[A-Z][a-z]/.test(plain) ? plain.slice(0, 1).toLowerCase() + plain.slice(1) : plain
  return `${verdict === 'confirmed' ? 'Cause' : 'Likely cause'}: ${lowered}`
}

/**
 * Markdown of at most 10,000 characters. `suggestionTitles` are the published ones, in their order;
 * `modelTookPart` decides the last line.
 */
export function renderSummary(input: {
  readonly findings: Findings
  readonly suggestionTitles: readonly string[]
  readonly modelTookPart: boolean
}): string {
  const { findings } = input
  const opening = [openingOf(findings), ...paragraphsOf(findings)]
  const ruledOut = findings.ruledOut.map((item) => `- ${item.text}${marker(item.evidence)}`)
  const notChecked = findings.notChecked.map((line) => `- ${line}`)
  const last = input.modelTookPart ? originLine(findings) : 'Built-in analysis, no language model.'
  const render = (parts: {
    readonly opening: readonly string[]
    readonly ruledOut: readonly string[]
    readonly notChecked: readonly string[]
  }): string =>
    [
      ...parts.opening,
      ...block(
        '## Next Steps',
        input.suggestionTitles.map((title) => `- ${title}`),
      ),
      ...block('## Ruled Out', parts.ruledOut),
      ...block('## Not Checked', parts.notChecked),
      last,
    ].join('\n\n')
  // What says least goes first: ruled-out items, then unchecked sources, then the last paragraphs.
  const full = { opening, ruledOut, notChecked }
  const shrunk = [
    ...steps(ruledOut).map((items) => ({ ...full, ruledOut: items })),
    ...steps(notChecked).map((items) => ({ opening, ruledOut: [], notChecked: items })),
    ...steps(opening).map((items) => ({ opening: items, ruledOut: [], notChecked: [] })),
  ]
  const fitting = [full, ...shrunk].find((parts) => render(parts).length <= MAX_SUMMARY)
  return startOf(
    render(fitting ?? { opening: opening.slice(0, 1), ruledOut: [], notChecked: [] }),
    MAX_SUMMARY,
  )
}

function openingOf(findings: Findings): string {
  return findings.verdict === 'inconclusive' ? UNDETERMINED : findings.headline
}

function paragraphsOf(findings: Findings): readonly string[] {
  return SECTIONS.flatMap((section) => {
    const claims = findings.claims.filter((claim) => claim.section === section)
    if (claims.length === 0) return []
    if (section === 'root_cause' && findings.verdict === 'inconclusive') {
      return claims.slice(0, 3).map((claim, index) => `Candidate ${index + 1}, unproven: ${cited(claim)}`)
    }
    return [claims.map(cited).join(' ')]
  })
}

const cited = (claim: Claim): string => `${claim.text}${marker(claim.evidence)}`

const marker = (evidence: readonly number[]): string =>
  evidence.length === 0 ? '' : ` [${evidence.join(', ')}]`

const block = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}\n${lines.join('\n')}`]

/** Ever shorter beginnings of a list. */
function steps(lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((_, index) => lines.slice(0, lines.length - 1 - index))
}

function originLine(findings: Findings): string {
  const from = (origin: 'rules' | 'model'): readonly string[] => [
    ...SECTIONS.filter((section) =>
      findings.claims.some((claim) => claim.section === section && claim.origin === origin),
    ).map((section) => SECTION_NAMES[section]),
    ...(findings.ruledOut.some((item) => item.origin === origin) ? ['ruled out'] : []),
  ]
  const say = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))
  return `Sections from the rules: ${say(from('rules'))}; from the model: ${say(from('model'))}.`
}
