/** The built-in analysis: stored evidence in, the same words out, every time. */

import type { EvidenceItem } from '../evidence'
import type { Severity } from '../facts'
import type { Claim, Findings, Verdict } from '../findings'
import { headlineOf } from '../summary'
import { finishSuggestions, type Suggestion } from '../suggestions'
import { openCase, type CaseFile } from './case-file'
import { artifactClaim, candidateClaim, rootCause } from './causes'
import { changeSentence, impact } from './claims'
import { whatHappened } from './course'
import { confidenceOf, contradictionsOf, explainsLittle, familiesOf, rivalOf, verdictOf } from './confidence'
import { rank, type Candidate } from './fusion'
import { isChange, mechanismOf, type Mechanism, type MechanismFound } from './mechanism'
import { nextSteps } from './next-steps'
import { notCheckedOf, ruledOutOf } from './ruled-out'
import { severityOf } from './severity'
import { signalsOf } from './signals'
import { dateTime, duration, list, plain, plural, sentence } from './wording'

interface Hypothesis {
  readonly statement: string
  readonly state: 'supported' | 'open' | 'ruled_out'
  readonly service: string | null
  readonly score: number | null
  readonly evidence: readonly number[]
}

export interface Analysis {
  /** Earliest alert, ms; null when the alerts are not known. */
  readonly onset: number | null
  readonly scope: readonly string[]
  readonly candidates: readonly Candidate[]
  readonly mechanism: Mechanism
  readonly rootCauseService: string | null
  readonly confidence: number
  readonly verdict: Verdict
  readonly severity: Severity
  readonly contradictions: readonly string[]
  readonly hypotheses: readonly Hypothesis[]
  readonly findings: Findings
  readonly suggestions: readonly Suggestion[]
  /** What is known before any further call, for the first thought. */
  readonly observation: string
  /** The result in two sentences, for the last thought. */
  readonly conclusion: string
}

const ARTIFACT_CONFIDENCE = 0.9

/** Analyses stored evidence. Order of the items, clock and chance have no influence. */
export function analyse(evidence: readonly EvidenceItem[]): Analysis {
  const file = openCase(evidence)
  if (file === null) return nothingKnown()
  const candidates = rank(signalsOf(file), file.effects)
  const first = candidates[0] ?? null
  const found = mechanismOf(file, first)
  const contradictions = first === null ? [] : contradictionsOf(file, first, candidates)
  const confidence = confidenceFor(file, candidates, found, contradictions.length)
  const verdict = verdictOf(confidence)
  const findings = findingsOf(file, candidates, found, verdict)
  const numbers = findings.claims.find((claim) => claim.section === 'root_cause')?.evidence ?? [
    file.timeline.item.number,
  ]
  return {
    onset: file.onset,
    scope: file.scope,
    candidates,
    mechanism: found.mechanism,
    rootCauseService:
      verdict === 'inconclusive' || found.mechanism === 'monitoring_artifact'
        ? null
        : (first?.service ?? null),
    confidence,
    verdict,
    severity: severityOf(file, found.mechanism),
    contradictions,
    hypotheses: hypothesesOf(file, candidates, found, verdict, findings),
    findings,
    suggestions: finishSuggestions(nextSteps(file, first, found.mechanism, numbers), 'rules', evidence),
    observation: observationOf(file, first),
    conclusion: conclusionOf(candidates, found, verdict, confidence, contradictions),
  }
}

function confidenceFor(
  file: CaseFile,
  candidates: readonly Candidate[],
  found: MechanismFound,
  contradictions: number,
): number {
  if (found.mechanism === 'monitoring_artifact' && found.labelled) return ARTIFACT_CONFIDENCE
  const [first] = candidates
  if (first === undefined) return 0
  return confidenceOf({
    first: first.score,
    second: rivalOf(file, first, candidates)?.score ?? 0,
    families: explainsLittle(file, first) ? 1 : familiesOf(first.components, first.hasAlert).length,
    contradictions,
  })
}

function findingsOf(
  file: CaseFile,
  candidates: readonly Candidate[],
  found: MechanismFound,
  verdict: Verdict,
): Findings {
  const first = candidates[0] ?? null
  const artifact = found.mechanism === 'monitoring_artifact'
  const causes: readonly Claim[] = artifact
    ? [artifactClaim(file, found)]
    : verdict === 'inconclusive' || first === null
      ? candidates
          .slice(0, 3)
          .map((candidate, index) => candidateClaim(file, candidate, index === 0 ? found.cue : null))
      : rootCause(file, first, found)
  const undecided = verdict === 'inconclusive' || artifact
  const told = !undecided && isChange(found.mechanism)
  return {
    verdict,
    headline: headlineOf(verdict, causes[0]?.text ?? null),
    claims: [...causes, ...whatHappened(file, first, !told && !undecided), ...impact(file, first)],
    ruledOut: ruledOutOf(file, first),
    notChecked: notCheckedOf(file),
  }
}

function hypothesesOf(
  file: CaseFile,
  candidates: readonly Candidate[],
  found: MechanismFound,
  verdict: Verdict,
  findings: Findings,
): readonly Hypothesis[] {
  const [first] = candidates
  const decided = verdict !== 'inconclusive'
  const ranked = candidates.slice(0, 5).map((candidate, index): Hypothesis => {
    const dependent =
      first !== undefined && index > 0 && file.effects.hops(candidate.service, first.service) !== null
    const name = plain(candidate.service)
    return {
      statement:
        index === 0
          ? `${sentence(found.mechanism.replaceAll('_', ' '))} at ${name}.`
          : dependent
            ? `${name} is a cause of its own and not a follower of ${plain(first.service)}.`
            : `The trouble starts at ${name}.`,
      state: index === 0 && decided ? 'supported' : dependent && decided ? 'ruled_out' : 'open',
      service: candidate.service,
      score: candidate.score,
      evidence: candidateClaim(file, candidate).evidence,
    }
  })
  const excluded = findings.ruledOut.map((item): Hypothesis => ({
    statement: item.text,
    state: 'ruled_out',
    service: null,
    score: null,
    evidence: item.evidence,
  }))
  return [...ranked, ...excluded]
}

function observationOf(file: CaseFile, first: Candidate | null): string {
  const { services, total, open } = file.timeline.value
  const [earliest] = services
  const start =
    earliest === undefined
      ? `${plural(total, 'alert')} since ${dateTime(file.onset)}, none of which names a service.`
      : `${plural(total, 'alert')} on ${plural(services.length, 'service')} since ${dateTime(file.onset)}, ${open} still open. ${plain(earliest.service)} was first with ${plain(earliest.firstTitle)}.`
  const followers = services.slice(1).map((service) => plain(service.service))
  const last = services.at(-1)
  const spread =
    followers.length === 0 || last === undefined
      ? ''
      : ` Then came ${list(followers)}, within ${duration(last.lagSeconds)}.`
  const change = first === null || first.change === null ? '' : ` ${changeSentence(first.change, first)}`
  return `${start}${spread}${change}`
}

function conclusionOf(
  candidates: readonly Candidate[],
  found: MechanismFound,
  verdict: Verdict,
  confidence: number,
  contradictions: readonly string[],
): string {
  const scores = candidates.slice(0, 3).map((candidate) => `${plain(candidate.service)} ${candidate.score}`)
  const ranking = scores.length === 0 ? 'No service can be ranked.' : `Ranking: ${list(scores)}.`
  const against = contradictions.length === 0 ? '' : ` Against it: ${list(contradictions)}.`
  return `${ranking} Verdict ${verdict} with confidence ${confidence}, mechanism ${found.mechanism.replaceAll('_', ' ')}.${against}`
}

function nothingKnown(): Analysis {
  return {
    onset: null,
    scope: [],
    candidates: [],
    mechanism: 'unknown',
    rootCauseService: null,
    confidence: 0,
    verdict: 'inconclusive',
    severity: 'unknown',
    contradictions: [],
    hypotheses: [],
    findings: {
      verdict: 'inconclusive',
      headline: headlineOf('inconclusive', null),
      claims: [],
      ruledOut: [],
      notChecked: ['Alerts: the timeline of the incident could not be read.'],
    },
    suggestions: [],
    observation: 'The alerts of this incident could not be read.',
    conclusion: 'Without the alerts nothing can be ranked. Verdict inconclusive with confidence 0.',
  }
}
