import type { InferSelectModel } from 'drizzle-orm'
import type {
  alertEvents,
  alerts,
  changeEvents,
  chatSessions,
  correlationDecisions,
  incidentAlerts,
  incidentGroupKeys,
  incidents,
  lifecycleEvents,
  outbox,
  runContextUpdates,
  runs,
  suppressedIncidents,
} from '../../drizzle/schema'
import type { FeedRow } from './feed'
import type { PostmortemJob } from './postmortems'

export type AlertRow = InferSelectModel<typeof alerts>
export type IncidentRow = InferSelectModel<typeof incidents>

type New<T extends { readonly $inferInsert: object }> = Omit<T['$inferInsert'], 'orgId'>

/** An investigation, as far as the decision about a further one looks at it. */
export interface RunFacts {
  readonly id: string
  readonly incidentId: string
  readonly ordinal: number
  readonly state: string
  readonly trigger: string
  readonly services: readonly string[]
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
}

/** Everything one chunk of alerts changes: written as one batch or not at all. */
export interface CorrelationWrites {
  readonly newAlerts: AlertRow[]
  readonly changedAlerts: Map<string, AlertRow>
  readonly newIncidents: IncidentRow[]
  /** With the version that was read: another writer in between fails the batch. */
  readonly changedIncidents: Map<string, { readonly row: IncidentRow; readonly readVersion: number }>
  readonly memberships: New<typeof incidentAlerts>[]
  readonly events: New<typeof alertEvents>[]
  /** Items that only repeat an alert too often for rows of their own: their effect keys stand on their deliveries. */
  readonly counted: CountedRepeat[]
  /** Set when a storm of new incidents begins, ms. */
  stormUntil: number | null
  readonly suppressions: New<typeof suppressedIncidents>[]
  /** Incidents that no window hides any more. */
  readonly releases: { readonly incidentId: string; readonly outcome: 'released' | 'resolved' }[]
  /** When the open windows heard of a matching firing alert, ms. */
  readonly windowMatches: Map<string, number>
  /** Windows that were looked at; those that are over for the last time. */
  readonly tended: { readonly id: string; readonly over: boolean }[]
  readonly groupKeys: New<typeof incidentGroupKeys>[]
  readonly decisions: New<typeof correlationDecisions>[]
  readonly lifecycle: New<typeof lifecycleEvents>[]
  readonly sessions: New<typeof chatSessions>[]
  readonly runs: (New<typeof runs> & { readonly id: string })[]
  /** Runs that were called for and never begin: nobody is to start them. */
  readonly skippedRuns: New<typeof runs>[]
  readonly outbox: New<typeof outbox>[]
  readonly contextUpdates: New<typeof runContextUpdates>[]
  readonly changes: New<typeof changeEvents>[]
  readonly feed: FeedRow[]
  /** One for each resolution, when postmortems are written by themselves. */
  readonly postmortems: PostmortemJob[]
  readonly finished: readonly FinishedDelivery[]
}

/** A delivery whose last item is in this batch. */
export interface FinishedDelivery {
  readonly deliveryId: string
  readonly changes: number
  readonly errors: readonly { readonly index: number; readonly message: string }[]
}

/** An identical repeat without a row: its effect key, the alert, and the id that orders it among the rows. */
interface CountedRepeat {
  readonly deliveryId: string
  readonly idx: number
  readonly alertId: string
  readonly id: string
}
