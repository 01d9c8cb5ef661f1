/**
 * Scored correlation: which open incident, if any, a new alert belongs to. The arithmetic is the documented
 * one of the product, to the fourth decimal. Times are ms since the epoch.
 */
import type { CorrelationSettings } from './correlation-settings'
import { comparer, gapOf, round4, windowOf, type AlertFacts, type Candidate, type Score } from './score'
import type { ServiceGraph } from './service-graph'

export type { AlertFacts, Candidate } from './score'
type ScoredStrategy = 'topology' | 'time_window' | 'similarity'
type Dropped = 'below_threshold' | 'environment_mismatch' | 'group_full' | 'not_best'

/** One line of the decision log; components rounded to four decimals. */
interface CandidateLine {
  readonly incidentId: string
  readonly topology: number
  readonly timeWindow: number
  readonly similarity: number
  readonly score: number
  readonly dropped: Dropped | null
}

/** The `correlationDetails` of a membership. */
interface CorrelationDetails {
  readonly topology: number
  readonly time_window: number
  readonly similarity: number
  /** Joined alerts of the incident, this one included. */
  readonly correlated_alert_count: number
}

interface Match {
  readonly incidentId: string
  readonly strategy: ScoredStrategy
  readonly score: number
  readonly details: CorrelationDetails
  /** The incident's new own window, null when it stays. */
  readonly windowSeconds: number | null
}

/** `shadow`: it would have joined `match`, but a new incident opens. At most 10 candidates are logged. */
export type Correlation =
  | {
      readonly outcome: 'joined'
      readonly match: Match
      readonly reason: 'score'
      readonly candidates: Lines
    }
  | {
      readonly outcome: 'shadow'
      readonly match: Match
      readonly reason: 'shadow'
      readonly candidates: Lines
    }
  | {
      readonly outcome: 'opened'
      readonly match: null
      readonly reason: OpenReason
      readonly candidates: Lines
    }
type OpenReason =
  | 'correlation_off'
  | 'no_candidate'
  | 'environment_mismatch'
  | 'below_threshold'
  | 'group_full'
type Lines = readonly CandidateLine[]

const MAX_CANDIDATES = 50
const MAX_LOGGED = 10
const MAX_WINDOW_SECONDS = 86_400
/** Decides where `alert` belongs. `candidates` may be a superset: window, age order and number are applied here. */
export function correlate(
  alert: AlertFacts,
  candidates: readonly Candidate[],
  graph: ServiceGraph,
  settings: CorrelationSettings,
): Correlation {
  if (settings.mode === 'off') return opened('correlation_off', [])
  const compare = comparer(alert, graph, settings)
  const ranked = candidates
    .filter((candidate) => Math.abs(gapOf(alert, candidate)) <= windowOf(candidate, settings))
    .sort(newestFirst)
    .slice(0, MAX_CANDIDATES)
    .map((candidate) => ({ candidate, score: compare(candidate) }))
    .sort((a, b) => b.score.score - a.score.score || newestFirst(a.candidate, b.candidate))

  let winner: Ranked | null = null
  const lines: CandidateLine[] = []
  for (const entry of ranked) {
    const refusal = refusalOf(alert, entry, settings)
    if (refusal === null && winner === null) winner = entry
    lines.push(lineOf(entry, refusal ?? (winner === entry ? null : 'not_best')))
  }
  const logged = forLog(lines)
  if (winner === null) return opened(reasonOf(lines), logged)
  const match = matchOf(alert, winner, settings)
  return settings.mode === 'shadow'
    ? { outcome: 'shadow', match, reason: 'shadow', candidates: logged }
    : { outcome: 'joined', match, reason: 'score', candidates: logged }
}

interface Ranked {
  readonly candidate: Candidate
  readonly score: Score
}

function newestFirst(a: Candidate, b: Candidate): number {
  if (a.lastAlertAt !== b.lastAlertAt) return b.lastAlertAt - a.lastAlertAt
  return a.incidentId < b.incidentId ? -1 : 1
}

function refusalOf(
  alert: AlertFacts,
  { candidate, score }: Ranked,
  settings: CorrelationSettings,
): Dropped | null {
  const known = alert.environment !== null && candidate.environment !== null
  if (known && alert.environment !== candidate.environment) return 'environment_mismatch'
  if (score.score < settings.threshold) return 'below_threshold'
  // A storm on one service stays one incident, however large.
  const full = candidate.correlatedAlertCount >= settings.maxGroupSize && !score.sameService
  return full ? 'group_full' : null
}

function matchOf(alert: AlertFacts, { candidate, score }: Ranked, settings: CorrelationSettings): Match {
  const window = windowOf(candidate, settings)
  const late = settings.autoExtend && Math.abs(gapOf(alert, candidate)) > window / 2
  const extended = Math.min(window + settings.windowSeconds / 2, MAX_WINDOW_SECONDS)
  return {
    incidentId: candidate.incidentId,
    strategy: strategyOf(score),
    score: score.score,
    details: {
      topology: round4(score.topology),
      time_window: round4(score.timeWindow),
      similarity: round4(score.similarity),
      correlated_alert_count: candidate.correlatedAlertCount + 1,
    },
    windowSeconds: late ? extended : null,
  }
}

/** The largest raw component; of equal ones topology before time before similarity. */
function strategyOf({ topology, timeWindow, similarity }: Score): ScoredStrategy {
  if (topology >= timeWindow && topology >= similarity) return 'topology'
  return timeWindow >= similarity ? 'time_window' : 'similarity'
}

const lineOf = ({ candidate, score }: Ranked, dropped: Dropped | null): CandidateLine => ({
  incidentId: candidate.incidentId,
  topology: round4(score.topology),
  timeWindow: round4(score.timeWindow),
  similarity: round4(score.similarity),
  score: score.score,
  dropped,
})

/** The ten best, and always the one that won. */
function forLog(lines: Lines): Lines {
  const best = lines.slice(0, MAX_LOGGED)
  const winner = lines.find((line) => line.dropped === null)
  return winner === undefined || best.includes(winner) ? best : [...best.slice(0, -1), winner]
}

function reasonOf(lines: Lines): OpenReason {
  const why = new Set(lines.map((line) => line.dropped))
  if (why.has('group_full')) return 'group_full'
  if (why.has('below_threshold')) return 'below_threshold'
  return why.has('environment_mismatch') ? 'environment_mismatch' : 'no_candidate'
}

const opened = (reason: OpenReason, candidates: Lines): Correlation => ({
  outcome: 'opened',
  match: null,
  reason,
  candidates,
})
