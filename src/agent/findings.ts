/** Findings: what both analysts deliver, and the rule that nothing unsupported is published. */

import * as z from 'zod'
import type { EvidenceItem } from './evidence'
import { readSaid, unfounded } from './grounding'
import { quotesIn, stripMarkers, wordsOf } from './quotes'
import { headlineOf } from './summary'

const verdicts = ['inconclusive', 'likely', 'confirmed'] as const
export type Verdict = (typeof verdicts)[number]

const sections = ['root_cause', 'what_happened', 'impact'] as const
export type Section = (typeof sections)[number]

const origin = z.enum(['rules', 'model'])
export type Origin = z.infer<typeof origin>

const numbers = z.array(z.int().positive()).max(20)

/** The argument of `submit_findings`; unknown keys are refused. `origin` is set by code, whatever was sent. */
export const findingsSchema = z.strictObject({
  verdict: z.enum(verdicts),
  headline: z.string().max(400),
  claims: z
    .array(
      z.strictObject({
        section: z.enum(sections),
        text: z.string().min(1).max(1000),
        evidence: numbers,
        origin: origin.optional(),
      }),
    )
    .max(30),
  ruledOut: z
    .array(z.strictObject({ text: z.string().min(1).max(600), evidence: numbers, origin: origin.optional() }))
    .max(20),
  notChecked: z.array(z.string().min(1).max(400)).max(30),
})

export interface RuledOut {
  readonly text: string
  readonly evidence: readonly number[]
  readonly origin: Origin
}

export interface Claim extends RuledOut {
  readonly section: Section
}

export interface Findings {
  readonly verdict: Verdict
  readonly headline: string
  readonly claims: readonly Claim[]
  readonly ruledOut: readonly RuledOut[]
  readonly notChecked: readonly string[]
}

type DropReason =
  | 'no_evidence'
  | 'unknown_evidence'
  | 'quote_not_found'
  | 'number_not_found'
  | 'low_trust_only'
  | 'empty'
  | 'refuted'

export interface DroppedClaim {
  readonly section: Section | 'ruled_out'
  readonly text: string
  readonly evidence: readonly number[]
  readonly reason: DropReason
}

export interface ValidatedFindings {
  readonly findings: Findings
  readonly dropped: readonly DroppedClaim[]
}

/** Parsed findings with the origin that is true, not the one they state. */
export function findingsFrom(parsed: z.infer<typeof findingsSchema>, origin: Origin): Findings {
  return {
    ...parsed,
    claims: parsed.claims.map((claim) => ({ ...claim, origin })),
    ruledOut: parsed.ruledOut.map((item) => ({ ...item, origin })),
  }
}

/** The weaker of two verdicts. */
export function lowerVerdict(a: Verdict, b: Verdict): Verdict {
  return verdicts.indexOf(a) <= verdicts.indexOf(b) ? a : b
}

/**
 * Keeps what stored evidence supports and says why the rest was dropped. The verdict of the kept findings is
 * `inconclusive` when no root-cause claim is left. `notChecked` is kept as it is; the caller adds what it knows.
 */
export function validateFindings(findings: Findings, evidence: readonly EvidenceItem[]): ValidatedFindings {
  const usable = usableOf(evidence)
  const dropped: DroppedClaim[] = []
  const claims = findings.claims.flatMap((claim) => {
    const kept = check(claim, usable, claim.section === 'root_cause')
    if (kept.ok) return [{ ...claim, text: kept.text, evidence: kept.evidence }]
    dropped.push({ section: claim.section, text: claim.text, evidence: claim.evidence, reason: kept.reason })
    return []
  })
  const ruledOut = findings.ruledOut.flatMap((item) => {
    const kept = check(item, usable, false)
    if (kept.ok) return [{ ...item, text: kept.text, evidence: kept.evidence }]
    dropped.push({ section: 'ruled_out', text: item.text, evidence: item.evidence, reason: kept.reason })
    return []
  })
  const cause = claims.find((claim) => claim.section === 'root_cause')
  const verdict = cause === undefined ? 'inconclusive' : findings.verdict
  const notChecked = findings.notChecked.map(stripMarkers).filter((line) => line !== '')
  const headline = headlineFor(findings.headline, verdict, cause, usable)
  return { findings: { verdict, headline, claims, ruledOut, notChecked }, dropped }
}

/** The claim as it may be shown, if the evidence that it cites bears it; else null. */
export function borne(claim: Claim, evidence: readonly EvidenceItem[]): Claim | null {
  const kept = check(claim, usableOf(evidence), claim.section === 'root_cause')
  return kept.ok ? { ...claim, text: kept.text, evidence: kept.evidence } : null
}

const usableOf = (evidence: readonly EvidenceItem[]): ReadonlyMap<number, EvidenceItem> =>
  new Map(evidence.filter(({ status }) => status === 'success').map((item) => [item.number, item]))

/** A headline of a model stands only when the evidence of the surviving root-cause claim bears it. */
function headlineFor(
  proposed: string,
  verdict: Verdict,
  cause: Claim | undefined,
  usable: ReadonlyMap<number, EvidenceItem>,
): string {
  const built = headlineOf(verdict, cause?.text ?? null)
  if (cause === undefined || cause.origin !== 'model' || verdict === 'inconclusive') return built
  const kept = check({ ...cause, text: proposed }, usable, true)
  return kept.ok && !kept.text.includes('\n') ? kept.text : built
}

type Checked =
  | { readonly ok: true; readonly text: string; readonly evidence: readonly number[] }
  | { readonly ok: false; readonly reason: DropReason }

function check(
  claim: { readonly text: string; readonly evidence: readonly number[]; readonly origin: Origin },
  usable: ReadonlyMap<number, EvidenceItem>,
  rootCause: boolean,
): Checked {
  const text = stripMarkers(claim.text)
  if (text === '') return { ok: false, reason: 'empty' }
  if (claim.evidence.length === 0) return { ok: false, reason: 'no_evidence' }
  const cited = [...new Set(claim.evidence)]
    .toSorted((a, b) => a - b)
    .flatMap((number) => usable.get(number) ?? [])
  if (cited.length === 0) return { ok: false, reason: 'unknown_evidence' }
  if (rootCause && cited.every((item) => item.trust === 'low')) return { ok: false, reason: 'low_trust_only' }
  const said = cited.map((item) => wordsOf([item]))
  const found = quotesIn(text).every((quote) => said.some((words) => words.includes(quote)))
  if (!found) return { ok: false, reason: 'quote_not_found' }
  // The rules calculate what they say; a model has to quote it.
  if (claim.origin === 'model' && unfounded(text, readSaid(said.join('\n'))) !== null)
    return { ok: false, reason: 'number_not_found' }
  return { ok: true, text, evidence: cited.map((item) => item.number) }
}
