/** What an alert's transition does to its incident, as pure functions. Times are ms since the epoch. */
import type { Severity } from './canonical'
import type { Effect } from './lifecycle'
import { rankOf } from './severity'

type IncidentStatus = 'investigating' | 'analyzed' | 'resolved' | 'merged'

/** The stored incident, as far as transitions look at it. A merged one is followed to its target first. */
export interface IncidentSnapshot {
  readonly status: IncidentStatus
  readonly severity: Severity
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
}

type LifecycleEvent =
  | 'severity_changed'
  | 'acknowledged'
  | 'alert_resolved'
  | 'all_alerts_resolved'
  | 'resolved'
  | 'reopened'

export interface IncidentStep {
  readonly changes: Partial<IncidentSnapshot>
  /** Lifecycle rows to write, in order. `resolved` also means: emit `incident.resolved`. */
  readonly lifecycle: readonly LifecycleEvent[]
}

export interface IncidentFacts {
  /** The alert's severity after the event. */
  readonly severity: Severity
  /** Alerts of the incident that are still open after the event. */
  readonly openAlerts: number
  readonly autoResolveIncidents: boolean
  /** The transition's time. */
  readonly at: number
}

const NOTHING: IncidentStep = { changes: {}, lifecycle: [] }

/** The step that an alert's `effect` asks of its incident. Joining an incident is the effect `opened`. */
export function followAlert(incident: IncidentSnapshot, effect: Effect, facts: IncidentFacts): IncidentStep {
  if (incident.status === 'merged') return NOTHING
  switch (effect) {
    case 'opened':
    case 'repeat':
    case 'unacknowledged':
      return raise(incident, facts.severity)
    case 'escalated':
    case 'reopened':
      return together(reopen(incident), raise(incident, facts.severity))
    case 'acknowledged':
      return acknowledge(incident, facts.at)
    case 'resolved':
    case 'expired':
    case 'auto_resolved':
      return together({ changes: {}, lifecycle: ['alert_resolved'] }, settle(incident, facts))
    case 'stale':
    case 'info':
    case 'ignored':
      break
  }
  return NOTHING
}

/** The worse of two severities. */
export const worseOf = (a: Severity, b: Severity): Severity => (rankOf(b) > rankOf(a) ? b : a)

/** Resolves by hand or by the last alert; a step without changes when it is not open. */
export function resolveIncident(incident: IncidentSnapshot, at: number): IncidentStep {
  if (incident.status !== 'investigating' && incident.status !== 'analyzed') {
    return NOTHING
  }
  return { changes: { status: 'resolved', resolvedAt: at }, lifecycle: ['resolved'] }
}

function settle(incident: IncidentSnapshot, facts: IncidentFacts): IncidentStep {
  if (facts.openAlerts > 0) return NOTHING
  const resolved = facts.autoResolveIncidents ? resolveIncident(incident, facts.at) : NOTHING
  return resolved.lifecycle.length > 0 ? resolved : { changes: {}, lifecycle: ['all_alerts_resolved'] }
}

function reopen(incident: IncidentSnapshot): IncidentStep {
  if (incident.status !== 'resolved') return NOTHING
  return { changes: { status: 'investigating', resolvedAt: null }, lifecycle: ['reopened'] }
}

/** Severity only rises, as long as the incident lives. */
function raise(incident: IncidentSnapshot, severity: Severity): IncidentStep {
  if (rankOf(severity) <= rankOf(incident.severity)) return NOTHING
  return { changes: { severity }, lifecycle: ['severity_changed'] }
}

function acknowledge(incident: IncidentSnapshot, at: number): IncidentStep {
  if (incident.acknowledgedAt !== null) return NOTHING
  return { changes: { acknowledgedAt: at }, lifecycle: ['acknowledged'] }
}

const together = (first: IncidentStep, second: IncidentStep): IncidentStep => ({
  changes: { ...first.changes, ...second.changes },
  lifecycle: [...first.lifecycle, ...second.lifecycle],
})
