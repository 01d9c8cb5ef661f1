/** Which incidents a new alert may join, and what placing it looks at. */
import type { Candidate } from '../../alerts/correlate'
import type { CorrelationSettings } from '../../alerts/correlation-settings'
import type { Matchable, Rule } from '../../alerts/rules'
import type { ServiceGraph } from '../../alerts/service-graph'
import type { IncidentRow } from '../../store/correlation-rows'

/** An incident as far as placing an alert looks at it. */
export type Standing = Pick<
  IncidentRow,
  | 'id'
  | 'status'
  | 'openAlertCount'
  | 'alertTitle'
  | 'affectedServices'
  | 'alertEnvironment'
  | 'lastAlertAt'
  | 'correlatedAlertCount'
  | 'ownWindowSeconds'
>

/** A new alert as far as its place depends on it. */
export type Placed = Matchable & { readonly eventTime: number }

/** What is known when an alert is placed: the correlator's world, or one that is rehearsed. */
export interface Place<I extends Standing> {
  readonly settings: CorrelationSettings
  readonly graph: ServiceGraph
  readonly rules: readonly Rule[]
  /** Incidents by rule and group key. */
  readonly groups: Map<string, Set<string>>
  readonly incidents: ReadonlyMap<string, I>
}

export const isCandidate = (incident: Standing): boolean =>
  (incident.status === 'investigating' || incident.status === 'analyzed') && incident.openAlertCount > 0

export const asCandidate = (incident: Standing): Candidate => ({
  incidentId: incident.id,
  title: incident.alertTitle,
  affectedServices: incident.affectedServices,
  environment: incident.alertEnvironment,
  lastAlertAt: incident.lastAlertAt,
  correlatedAlertCount: incident.correlatedAlertCount,
  windowSeconds: incident.ownWindowSeconds,
})

const MAX_SERVICES = 100

/** No nulls, no duplicates. */
const withService = (services: readonly string[], service: string | null): readonly string[] =>
  service === null || services.includes(service) || services.length >= MAX_SERVICES
    ? services
    : [...services, service]

/** What a join makes of the incident, but for what its alert's state means to it. */
export const grownBy = (
  incident: Standing,
  alert: { readonly service: string | null; readonly environment: string | null },
  windowSeconds: number | null,
) => ({
  correlatedAlertCount: incident.correlatedAlertCount + 1,
  affectedServices: withService(incident.affectedServices, alert.service),
  alertEnvironment: incident.alertEnvironment ?? alert.environment,
  ownWindowSeconds: windowSeconds ?? incident.ownWindowSeconds,
})
