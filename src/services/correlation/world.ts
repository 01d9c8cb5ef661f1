/** What the correlator knows while it decides about one chunk: rows as read, changed in memory as it goes. */
import type { CorrelationSettings } from '../../alerts/correlation-settings'
import type { Condition, Rule } from '../../alerts/rules'
import type { ServiceGraph } from '../../alerts/service-graph'
import type {
  AlertRow,
  CorrelationWrites,
  FinishedDelivery,
  IncidentRow,
  RunFacts,
} from '../../store/correlation-rows'
import type { InvestigationSettings } from '../investigation-settings'

export interface World {
  readonly orgId: string
  readonly now: number
  readonly newId: () => string
  readonly settings: CorrelationSettings
  readonly settingsVersion: number
  readonly investigation: InvestigationSettings
  readonly topologyVersion: number
  readonly graph: ServiceGraph
  /** Incidents that opened in the last five minutes, and until when a storm lasts, ms. */
  readonly freshIncidents: number
  readonly stormUntil: number
  readonly rules: readonly Rule[]
  /** Maintenance windows that are open now. */
  readonly windows: readonly { readonly id: string; readonly match: readonly Condition[] }[]
  /** Incidents by rule and group key. */
  readonly groups: Map<string, Set<string>>
  /** Effect keys that were applied before. */
  readonly applied: ReadonlySet<string>
  /** The newest alert of each identity. */
  readonly alerts: Map<string, AlertRow>
  readonly incidents: Map<string, IncidentRow>
  /** Investigations by incident, newest first. */
  readonly runs: Map<string, readonly RunFacts[]>
  readonly contextSeqs: Map<string, number>
}

export const effectKey = (deliveryId: string, idx: number): string => `${deliveryId}/${idx}`
export const identityKey = (integrationId: string, dedupKey: string): string => `${integrationId}/${dedupKey}`

export const groupOf = (ruleId: string, key: string): string => `${ruleId}/${key}`

export const noWrites = (finished: readonly FinishedDelivery[]): CorrelationWrites => ({
  newAlerts: [],
  changedAlerts: new Map(),
  newIncidents: [],
  changedIncidents: new Map(),
  memberships: [],
  events: [],
  counted: [],
  decisions: [],
  groupKeys: [],
  stormUntil: null,
  suppressions: [],
  releases: [],
  windowMatches: new Map(),
  tended: [],
  lifecycle: [],
  sessions: [],
  runs: [],
  skippedRuns: [],
  outbox: [],
  contextUpdates: [],
  changes: [],
  feed: [],
  postmortems: [],
  finished,
})

/** Puts the changed alert into the world and among the writes. */
export function changeAlert(world: World, writes: CorrelationWrites, row: AlertRow): void {
  world.alerts.set(identityKey(row.integrationId, row.dedupKey), row)
  const fresh = writes.newAlerts.findIndex((alert) => alert.id === row.id)
  if (fresh >= 0) writes.newAlerts[fresh] = row
  else writes.changedAlerts.set(row.id, row)
}

/** Puts the changed incident into the world and among the writes. */
export function changeIncident(world: World, writes: CorrelationWrites, row: IncidentRow): void {
  const before = world.incidents.get(row.id)
  world.incidents.set(row.id, row)
  const fresh = writes.newIncidents.findIndex((incident) => incident.id === row.id)
  if (fresh >= 0) {
    writes.newIncidents[fresh] = row
    return
  }
  const readVersion = writes.changedIncidents.get(row.id)?.readVersion ?? before?.version ?? row.version
  writes.changedIncidents.set(row.id, { row: { ...row, version: readVersion + 1 }, readVersion })
}
