/**
 * How close a new alert is to an incident, 0 to 1. The arithmetic is the documented one of the product, to the
 * fourth decimal. Times are ms since the epoch.
 */
import { SECOND } from '../lib/time'
import type { CorrelationSettings } from './correlation-settings'
import { distancesFrom, normaliseName, type ServiceGraph } from './service-graph'
import { likeness } from './title-likeness'
import { jaccard, nameTokens } from './title-similarity'

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

const MAX_HOPS = 3
const NOWHERE: ReadonlyMap<string, number> = new Map()
/** By hops; the first is the service itself. */
const UPSTREAM = [1, 1, 0.7, 0.4] as const
const DOWNSTREAM = [1, 0.8, 0.5, 0.2] as const

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

/** `scoreCandidate` for one alert and many incidents: what depends on the alert alone is computed once. */
export function comparer(alert: AlertFacts, graph: ServiceGraph, settings: CorrelationSettings) {
  const titleLike = likeness(alert.title, settings.titleSimilarity)
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
    const similarity = untitled ? 0 : 0.7 * titleLike(candidate.title) + 0.3 * likeName
    const score = round4(
      weights.topology * topology + weights.time * timeWindow + weights.similarity * similarity,
    )
    return { topology, timeWindow, similarity, score, sameService }
  }
}

const closeness = (table: readonly number[], hops: number | undefined): number =>
  hops === undefined ? 0 : (table[hops] ?? 0)

/** Seconds from the incident's last alert to this one; negative when this one is older. */
export const gapOf = (alert: AlertFacts, candidate: Candidate): number =>
  (alert.eventTime - candidate.lastAlertAt) / SECOND

/** The incident's own window, else the organisation's, in seconds. */
export const windowOf = (candidate: Candidate, settings: CorrelationSettings): number =>
  candidate.windowSeconds ?? settings.windowSeconds
