/**
 * Scored correlation: which open incident, if any, a new alert belongs to. The arithmetic is the documented
 * one of the product, to the fourth decimal. Times are ms since the epoch.
 */
import { SECOND } from '../lib/time'
import type { CorrelationSettings } from './correlation-settings'
import { distancesFrom, normaliseName, type ServiceGraph } from './service-graph'
import { jaccard, nameTokens, titleTokens } from './title-similarity'

/** What correlation looks at of a new alert. */
export interface AlertFacts {
  readonly title: string
  readonly service: string | null
  readonly environment: string | null
  readonly eventTime: number
}

/** An incident that is `investigating` or `analyzed` and has an open alert. */
export interface Candidate {
  readonly incidentId: string
  /** Title of the primary alert. */
  readonly title: string
  readonly affectedServices: readonly string[]
  /** That of its first alert with a known one. */
  readonly environment: string | null
  readonly lastAlertAt: number
  readonly correlatedAlertCount: number
  /** The incident's own window when joins have enlarged it. */
  readonly windowSeconds: number | null
}

/** The components of one comparison, 0 to 1, exact; `score` is rounded to four decimals. */
export interface Score {
  readonly topology: number
  readonly timeWindow: number
  readonly similarity: number
  readonly score: number
  /** The alert's service is one of the incident's. */
  readonly sameService: boolean
}

export type ScoredStrategy = 'topology' | 'time_window' | 'similarity'
export type Dropped = 'below_threshold' | 'environment_mismatch' | 'group_full' | 'not_best'

/** One line of the decision log; components rounded to four decimals. */
export interface CandidateLine {
  readonly incidentId: string
  readonly topology: number
  readonly timeWindow: number
  readonly similarity: number
  readonly score: number
  readonly dropped: Dropped | null
}

/** The `correlationDetails` of a membership. */
export interface CorrelationDetails {
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
export type OpenReason =
  | 'correlation_off'
  | 'no_candidate'
  | 'environment_mismatch'
  | 'below_threshold'
  | 'group_full'
type Lines = readonly CandidateLine[]

const MAX_CANDIDATES = 50
const MAX_LOGGED = 10
const MAX_WINDOW_SECONDS = 86_400
const MAX_HOPS = 3
const NOWHERE: ReadonlyMap<string, number> = new Map()
/** By hops; the first is the service itself. */
const UPSTREAM = [1, 1, 0.7, 0.4] as const
const DOWNSTREAM = [1, 0.8, 0.5, 0.2] as const

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

/** Compares one alert with one incident. */
export function scoreCandidate(
  alert: AlertFacts,
  candidate: Candidate,
  graph: ServiceGraph,
  settings: CorrelationSettings,
): Score {
  return comparer(alert, graph, settings)(candidate)
}

/** Four decimals, as the product has always rounded. */
export const round4 = (x: number): number => Math.round((x + Number.EPSILON) * 10_000) / 10_000

/** What depends on the alert alone is computed once for all candidates. */
function comparer(alert: AlertFacts, graph: ServiceGraph, settings: CorrelationSettings) {
  const title = titleTokens(alert.title)
  const service = alert.service === null ? null : normaliseName(alert.service)
  const tokens = nameTokens(alert.service === null ? [] : [alert.service])
  const upstream = service === null ? NOWHERE : distancesFrom(graph.dependencies, service, MAX_HOPS)
  const downstream = service === null ? NOWHERE : distancesFrom(graph.dependents, service, MAX_HOPS)
  const { weights } = settings

  return (candidate: Candidate): Score => {
    const names = candidate.affectedServices.map(normaliseName)
    const sameService = service !== null && names.includes(service)
    const topology = Math.max(
      0,
      ...names.map((name) => closeness(UPSTREAM, upstream.get(name))),
      ...names.map((name) => closeness(DOWNSTREAM, downstream.get(name))),
    )
    const timeWindow = 1 - Math.abs(gapOf(alert, candidate)) / windowOf(candidate, settings)
    const untitled = alert.title.trim() === '' || candidate.title.trim() === ''
    const likeName = sameService
      ? 1
      : service === null
        ? 0
        : jaccard(tokens, nameTokens(candidate.affectedServices))
    const similarity = untitled ? 0 : 0.7 * jaccard(title, titleTokens(candidate.title)) + 0.3 * likeName
    const score = round4(
      weights.topology * topology + weights.time * timeWindow + weights.similarity * similarity,
    )
    return { topology, timeWindow, similarity, score, sameService }
  }
}

interface Ranked {
  readonly candidate: Candidate
  readonly score: Score
}

const closeness = (table: readonly number[], hops: number | undefined): number =>
  hops === undefined ? 0 : (table[hops] ?? 0)

/** Seconds from the incident's last alert to this one; negative when this one is older. */
const gapOf = (alert: AlertFacts, candidate: Candidate): number =>
  (alert.eventTime - candidate.lastAlertAt) / SECOND

const windowOf = (candidate: Candidate, settings: CorrelationSettings): number =>
  candidate.windowSeconds ?? settings.windowSeconds

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
