/** The findings as they are published: what the model could support, and beneath it what the rules found. */
import { analyse } from '../analyst/analyse'
import type { EvidenceItem } from '../evidence'
import {
  findingsFrom,
  lowerVerdict,
  validateFindings,
  type Claim,
  type DroppedClaim,
  type Findings,
  type RuledOut,
  type ValidatedFindings,
  type Verdict,
} from '../findings'
import type { Checkpoint } from './state'

type Input = Pick<Checkpoint, 'findings' | 'review'>

/** What a model submitted, as far as stored evidence supports it. */
export const supported = (
  findings: NonNullable<Checkpoint['findings']>,
  evidence: readonly EvidenceItem[],
): ValidatedFindings => validateFindings(findingsFrom(findings, 'model'), evidence)

/**
 * Claims of the model come first; a section of which none survived keeps the rules' claims. The verdict is the weakest of
 * the rules', the model's and the review's, since confidence belongs to what code could show: it does not carry over to a
 * cause that is not the one that code ranks first.
 */
export function reportOf(
  { findings, review }: Input,
  evidence: readonly EvidenceItem[],
  remarks: readonly string[],
): ValidatedFindings {
  const analysis = analyse(evidence)
  const floor = analysis.findings
  const withRemarks = (notChecked: readonly string[]): readonly string[] => [
    ...new Set([...notChecked, ...remarks]),
  ]
  if (findings === null)
    return validateFindings(
      { ...floor, verdict: analysis.verdict, notChecked: withRemarks(floor.notChecked) },
      evidence,
    )
  const own = supported(findings, evidence)
  const { kept, refuted } = reviewed(own.findings, review)
  const claims = (['root_cause', 'what_happened', 'impact'] as const).flatMap((section) => {
    const mine = kept.filter((claim) => claim.section === section)
    return mine.length > 0 ? mine : floor.claims.filter((claim) => claim.section === section)
  })
  const causes = kept.filter(({ section }) => section === 'root_cause')
  const agreed = causes.length === 0 || causes.some((cause) => names(cause, analysis.rootCauseService))
  const merged: Findings = {
    verdict: agreed
      ? [findings.verdict, review?.verdict ?? 'confirmed'].reduce<Verdict>(lowerVerdict, analysis.verdict)
      : 'inconclusive',
    headline: findings.headline,
    // Two causes that do not agree are two candidates: both are shown.
    claims: agreed ? claims : [...claims, ...floor.claims.filter(({ section }) => section === 'root_cause')],
    ruledOut: unlike([...own.findings.ruledOut, ...floor.ruledOut]),
    notChecked: withRemarks([...own.findings.notChecked, ...floor.notChecked]),
  }
  const checked = validateFindings(merged, evidence)
  return { ...checked, dropped: [...own.dropped, ...refuted, ...checked.dropped] }
}

/** Confidence is code's, and a lower verdict lowers it: to just below where the next one begins. */
export const confidenceAt = (verdict: Verdict, computed: number): number =>
  Math.min(computed, { confirmed: 1, likely: 0.74, inconclusive: 0.49 }[verdict])

function reviewed(
  { claims }: Findings,
  review: Checkpoint['review'],
): { readonly kept: readonly Claim[]; readonly refuted: readonly DroppedClaim[] } {
  const gone = new Set(review?.refuted ?? [])
  return {
    kept: claims.filter((_, index) => !gone.has(index + 1)),
    refuted: claims.flatMap(({ section, text, evidence }, index) =>
      gone.has(index + 1) ? [{ section, text, evidence, reason: 'refuted' as const }] : [],
    ),
  }
}

/** Whether the claim speaks of this service, and not only of one whose name begins alike. */
function names({ text }: Claim, service: string | null): boolean {
  if (service === null) return false
  const words = text.toLowerCase().split(/[^\p{L}\p{N}._/-]+/u)
  return words.some((word) => word.replace(/[./-]+$/, '') === service.toLowerCase())
}

/** The first of those that rest on the same evidence and begin alike. */
function unlike(items: readonly RuledOut[]): readonly RuledOut[] {
  const seen = new Set<string>()
  return items.filter(({ text }) => {
    const key = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
