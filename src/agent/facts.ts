/** What the agent may know of its organisation, as plain values. Times are ms since the epoch. */
import type { ToolErrorCode } from './evidence'

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'unknown'

export interface IncidentFacts {
  readonly id: string
  readonly title: string
  readonly service: string | null
  readonly environment: string | null
  readonly severity: Severity
  readonly status: 'investigating' | 'analyzed' | 'merged' | 'resolved'
  readonly sourceType: string
  readonly startedAt: number
  readonly resolvedAt: number | null
  readonly affectedServices: readonly string[]
  /** All alerts of the incident, also those beyond the ones a read returns. */
  readonly alertCount: number
}

export interface AlertFacts {
  readonly id: string
  readonly title: string
  readonly description: string | null
  readonly service: string | null
  readonly environment: string | null
  readonly host: string | null
  readonly severity: Severity
  readonly state: 'firing' | 'acknowledged' | 'resolved'
  readonly source: string
  readonly dedupKey: string
  readonly startsAt: number
  readonly lastSeenAt: number
  readonly resolvedAt: number | null
  readonly occurrences: number
  readonly flaps: number
  readonly labels: Readonly<Record<string, string>>
  readonly sourceUrl: string | null
  readonly runbookUrl: string | null
  /** `primary`, `rule`, `topology`, `time_window`, `similarity` or `manual`. */
  readonly strategy: string
  readonly score: number
}

export interface ChangeFacts {
  readonly id: string
  readonly kind: 'deployment' | 'config' | 'flag' | 'infrastructure' | 'scaling' | 'other'
  readonly provider: string
  readonly job: string
  readonly build: string
  readonly title: string
  readonly service: string | null
  readonly environment: string | null
  /** The vendor's word in capitals, e.g. `SUCCESS`, `FAILURE`, `UNSTABLE`, `ABORTED`; null when not told. */
  readonly result: string | null
  readonly commit: string | null
  readonly branch: string | null
  readonly repository: string | null
  readonly author: string | null
  readonly url: string | null
  readonly startedAt: number | null
  readonly finishedAt: number
}

/** `from` depends on (calls) `to`. */
export interface EdgeFacts {
  readonly from: string
  readonly to: string
}

/** One earlier transition of an alert's key. */
export interface AlertHistoryFacts {
  readonly alertId: string
  readonly incidentId: string | null
  readonly startedAt: number
  readonly resolvedAt: number | null
  readonly occurrences: number
  readonly flaps: number
}

export interface PastIncidentFacts {
  readonly id: string
  readonly title: string
  readonly services: readonly string[]
  readonly dedupKeys: readonly string[]
  readonly severity: Severity
  readonly status: string
  readonly startedAt: number
  readonly resolvedAt: number | null
  readonly verdict: 'confirmed' | 'likely' | 'inconclusive' | null
  readonly mechanism: string | null
  readonly rootCauseService: string | null
  /** Whether people marked its analysis as helpful; null when nobody did. */
  readonly helpful: boolean | null
}

/** A runbook that alerts of the organisation link to, with the newest of those alerts. */
export interface LinkedRunbookFacts {
  readonly url: string
  readonly title: string
  readonly service: string | null
  readonly linkedAt: number
}

/** The current postmortem of another incident. */
export interface PostmortemFacts {
  readonly incidentId: string
  readonly title: string
  /** From where it first has one of the words. */
  readonly excerpt: string
  readonly updatedAt: number
}

/** A document of a connected knowledge system, as it tells of it. */
export interface DocumentFacts {
  readonly title: string
  readonly url: string | null
  readonly excerpt: string
  readonly updatedAt: string | null
}

/** What one of those systems answered. */
export interface SystemAnswer {
  readonly system: string
  /** The best first. */
  readonly documents: readonly DocumentFacts[]
  readonly error: ToolErrorCode | null
}

/** What the organisation itself has written or linked. */
export interface OwnDocuments {
  readonly runbooks: readonly LinkedRunbookFacts[]
  readonly postmortems: readonly PostmortemFacts[]
}

/** Reads of one incident's surroundings, scoped to its organisation by whoever implements them. */
export interface Reads {
  readonly incident: () => Promise<IncidentFacts>
  /** The newest `limit` alerts of the incident by `startsAt`, oldest first. */
  readonly alerts: (limit: number) => Promise<readonly AlertFacts[]>
  /** The stored payload that brought this alert, parsed; null when it is no longer kept. */
  readonly payload: (alertId: string) => Promise<unknown>
  /** Earlier alerts with the same identity as this one, newest first, within `since`. */
  readonly alertHistory: (alertId: string, since: number) => Promise<readonly AlertHistoryFacts[]>
  /** Changes that ended in the span, newest first, at most 50. All services when `services` is null. */
  readonly changes: (query: {
    readonly services: readonly string[] | null
    readonly from: number
    readonly to: number
  }) => Promise<readonly ChangeFacts[]>
  /** Edges within `hops` of these services, both directions, at most 500. */
  readonly edges: (services: readonly string[], hops: number) => Promise<readonly EdgeFacts[]>
  /** State of the open alerts per service: the worst severity, for services that have one. */
  readonly openAlerts: (
    services: readonly string[],
  ) => Promise<readonly { readonly service: string; readonly severity: Severity }[]>
  /** Past incidents that share a service or an alert key with this one, newest first, at most 50. */
  readonly pastIncidents: () => Promise<readonly PastIncidentFacts[]>
  /** Other incidents of a service since a time, newest first, at most 20. */
  readonly recentIncidents: (service: string, since: number) => Promise<readonly PastIncidentFacts[]>
  /**
   * Runbooks linked by alerts whose service or title is one of `names`, the newest link first, at most 20; and those of the
   * newest 200 postmortems that have one of `words`, the most of them first, at most 5. No names or words, none of either.
   */
  readonly documents: (query: {
    readonly names: readonly string[]
    readonly words: readonly string[]
  }) => Promise<OwnDocuments>
}

/** How an organisation's incidents stand, for questions that are not about one of them. */
export interface OverviewFacts {
  readonly counts: { readonly investigating: number; readonly analyzed: number; readonly resolved: number }
  /** Not resolved, newest first; not all of them where there are many. */
  readonly open: readonly OverviewIncident[]
  /** The newest of any state but merged. */
  readonly recent: readonly OverviewIncident[]
  /** Those that the question names. */
  readonly named: readonly OverviewIncident[]
}

export type OverviewIncident = Pick<
  IncidentFacts,
  'id' | 'title' | 'service' | 'severity' | 'status' | 'startedAt' | 'resolvedAt'
> & { readonly summary: string }
