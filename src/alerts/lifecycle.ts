/**
 * The state machine of one alert, as pure functions. Times are ms since the epoch.
 * "Open" means not resolved; there is at most one open alert per integration and dedup key.
 */
import { DAY, SECOND } from '../lib/time'
import {
  describe,
  infoChanges,
  latest,
  resolvedChanges,
  type AlertChanges,
  type AlertSnapshot,
  type AlertState,
} from './alert-changes'
import type { CanonicalAlert } from './canonical'
import { rankOf } from './severity'

export type { AlertSnapshot } from './alert-changes'

/** What an event did. `ignored` means: stored with its delivery, there is no alert that it concerns. */
export type Effect =
  | 'opened'
  | 'repeat'
  | 'escalated'
  | 'acknowledged'
  | 'unacknowledged'
  | 'resolved'
  | 'expired'
  | 'auto_resolved'
  | 'reopened'
  | 'stale'
  | 'info'
  | 'ignored'

export interface Transition {
  readonly effect: Effect
  /** A new alert row is to be written and correlated, even when an older one with the same key exists. */
  readonly opensNew: boolean
  readonly changes: AlertChanges
  /** The alert's severity is now higher than it was. */
  readonly severityRose: boolean
  /** The candidate for the incident's `lastAlertAt` (take the maximum), null when it does not move. */
  readonly lastAlertAt: number | null
}

export interface LifecycleSettings {
  readonly reopenWindowSeconds: number
  readonly autoResolveSeconds: number | null
}

/** A vendor that declares a reopening is believed for this long. */
const DECLARED_REOPENING = 7 * DAY
const PRECEDENCE: Readonly<Record<AlertState, number>> = { firing: 0, acknowledged: 1, resolved: 2 }

const unchanged = (effect: Effect, changes: AlertChanges = {}): Transition => ({
  effect,
  opensNew: false,
  changes,
  severityRose: false,
  lastAlertAt: null,
})

/** What the event `event`, received at `now`, does to `alert`, the newest alert of its key, or null. */
export function transition(
  alert: AlertSnapshot | null,
  event: CanonicalAlert,
  settings: LifecycleSettings,
  now: number,
): Transition {
  const info = event.state === 'info' || (event.onlyIfOpen && (alert === null || alert.state === 'resolved'))
  if (alert === null) return event.state === 'firing' && !info ? open(event, now) : unchanged('ignored')
  if (info) return unchanged('info', infoChanges(alert, event))
  if (event.state === 'firing' && alert.state !== 'resolved') return repeat(alert, event, now)
  const at = timeOf(alert, event, now)
  if (isStale(alert, event, at)) return unchanged('stale')
  if (alert.state === 'resolved') {
    return event.state === 'firing' ? fireAgain(alert, event, settings, at, now) : unchanged('ignored')
  }
  if (event.state === 'resolved') return unchanged('resolved', resolvedChanges(event, at))
  if (alert.state === 'acknowledged') return unchanged('info')
  return unchanged('acknowledged', { state: 'acknowledged', acknowledgedAt: at, lastTransitionAt: at })
}

/** Resolves an open alert whose time ran out at `now`; null when it has not. */
export function timeOut(alert: AlertSnapshot, settings: LifecycleSettings, now: number): Transition | null {
  if (alert.state === 'resolved') return null
  // `lastTransitionAt` stays: nobody reported this end, so a later refresh with its old start time is believed.
  const changes: AlertChanges = { state: 'resolved', resolvedAt: now, expiresAt: null }
  if (alert.expiresAt !== null && alert.expiresAt <= now) return unchanged('expired', changes)
  const quiet = settings.autoResolveSeconds
  if (quiet !== null && alert.lastSeenAt + quiet * SECOND <= now) return unchanged('auto_resolved', changes)
  return null
}

function open(event: CanonicalAlert, now: number): Transition {
  const changes: AlertChanges = {
    ...describe(event),
    state: 'firing',
    severity: event.severity,
    severityRaw: event.severityRaw,
    metadata: event.metadata,
    occurrences: 1,
    flaps: 0,
    lastSeenAt: now,
    lastTransitionAt: event.eventTime,
    acknowledgedAt: null,
    resolvedAt: null,
    expiresAt: event.expiresAt,
  }
  return { effect: 'opened', opensNew: true, changes, severityRose: false, lastAlertAt: event.eventTime }
}

/** A firing event on an open alert: many vendors resend the start time, so it is never stale. */
function repeat(alert: AlertSnapshot, event: CanonicalAlert, now: number): Transition {
  const counted = {
    occurrences: alert.occurrences + 1,
    lastSeenAt: Math.max(alert.lastSeenAt, now),
    ...(event.expiresAt === null ? {} : { expiresAt: Math.max(alert.expiresAt ?? 0, event.expiresAt) }),
  }
  const { eventTime } = event
  if (eventTime < alert.lastTransitionAt) {
    return { ...unchanged('repeat', counted), lastAlertAt: now }
  }
  const changes = { ...counted, ...latest(alert, event) }
  const back = { ...changes, state: 'firing', acknowledgedAt: null, lastTransitionAt: eventTime } as const
  if (rankOf(event.severity) > rankOf(alert.severity)) {
    return { effect: 'escalated', opensNew: false, changes: back, severityRose: true, lastAlertAt: eventTime }
  }
  if (event.forceState && alert.state === 'acknowledged' && eventTime > alert.lastTransitionAt) {
    return unchanged('unacknowledged', back)
  }
  return { ...unchanged('repeat', changes), lastAlertAt: now }
}

function fireAgain(
  alert: AlertSnapshot,
  event: CanonicalAlert,
  settings: LifecycleSettings,
  at: number,
  now: number,
): Transition {
  const age = at - (alert.resolvedAt ?? alert.lastTransitionAt)
  const window = event.reopening ? DECLARED_REOPENING : settings.reopenWindowSeconds * SECOND
  if (age >= window) return open(event, now)
  const changes: AlertChanges = {
    ...latest(alert, event),
    state: 'firing',
    occurrences: alert.occurrences + 1,
    flaps: alert.flaps + 1,
    lastSeenAt: Math.max(alert.lastSeenAt, now),
    lastTransitionAt: at,
    acknowledgedAt: null,
    resolvedAt: null,
    expiresAt: event.expiresAt,
  }
  const severityRose = rankOf(event.severity) > rankOf(alert.severity)
  return { effect: 'reopened', opensNew: false, changes, severityRose, lastAlertAt: at }
}

/** Older than what is known, or equally old and weaker: resolved beats acknowledged beats firing. */
function isStale(alert: AlertSnapshot, event: CanonicalAlert, at: number): boolean {
  if (at !== alert.lastTransitionAt) return at < alert.lastTransitionAt
  return event.state !== 'info' && PRECEDENCE[event.state] < PRECEDENCE[alert.state]
}

/**
 * When the event counts. An alert that only timed out (resolved after its last reported transition) and fires
 * again with its old start time fires now: its silence was the guess.
 */
function timeOf(alert: AlertSnapshot, event: CanonicalAlert, now: number): number {
  const timedOut = alert.resolvedAt !== null && alert.resolvedAt > alert.lastTransitionAt
  const believed = timedOut && event.state === 'firing' && now > (alert.resolvedAt ?? now)
  return believed ? Math.max(event.eventTime, now) : event.eventTime
}
