/** The stored alert and the columns that an event writes. Times are ms since the epoch. */
import type { CanonicalAlert, Severity } from './canonical'
import { isRecord } from './text'

const ALERT_STATES = ['firing', 'acknowledged', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** The stored alert, as far as transitions look at it. */
export interface AlertSnapshot {
  readonly state: AlertState
  readonly severity: Severity
  readonly occurrences: number
  readonly flaps: number
  /** Receipt of the newest firing event. */
  readonly lastSeenAt: number
  /** Event time of the newest transition that a sender reported. */
  readonly lastTransitionAt: number
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
  readonly expiresAt: number | null
  readonly metadata: CanonicalAlert['metadata']
}

type Described = Pick<
  CanonicalAlert,
  | 'title'
  | 'description'
  | 'service'
  | 'environment'
  | 'host'
  | 'sourceUrl'
  | 'dashboardUrl'
  | 'runbookUrl'
  | 'labels'
>

/** The columns to write: for an update only what differs, for a new alert everything of the snapshot. */
export type AlertChanges = Partial<AlertSnapshot & Described & { readonly severityRaw: string | null }>

/** The end of an alert at `at`. */
export function resolvedChanges(event: CanonicalAlert, at: number): AlertChanges {
  return { state: 'resolved', resolvedAt: at, lastTransitionAt: at, expiresAt: null, ...linksOf(event) }
}

/** Info adds to what is known and replaces nothing else. */
export function infoChanges(alert: AlertSnapshot, event: CanonicalAlert): AlertChanges {
  const added = Object.keys(event.metadata).length > 0
  return {
    ...(added ? { metadata: mergedMetadata(alert.metadata, event.metadata) } : {}),
    ...(event.runbookUrl === null ? {} : { runbookUrl: event.runbookUrl }),
  }
}

/** Members that are objects on both sides, such as custom fields, are joined: a vendor names only those that changed. */
function mergedMetadata(
  known: AlertSnapshot['metadata'],
  added: AlertSnapshot['metadata'],
): AlertSnapshot['metadata'] {
  const joined = Object.entries(added).map(([name, value]) => {
    const before = known[name]
    return [name, isRecord(before) && isRecord(value) ? { ...before, ...value } : value] as const
  })
  return { ...known, ...Object.fromEntries(joined) }
}

/** The newest description; what the event does not say stays as it was, and so does a known severity. */
export function latest(alert: AlertSnapshot, event: CanonicalAlert): AlertChanges {
  return {
    ...describe(event),
    ...(event.severity === 'unknown' ? {} : { severity: event.severity, severityRaw: event.severityRaw }),
    metadata: { ...alert.metadata, ...event.metadata },
  }
}

/** What an event says about its alert; what it does not say is left out. */
export function describe(event: CanonicalAlert): AlertChanges {
  const { title, labels, description, service, environment, host } = event
  return {
    title,
    labels,
    ...(description === null ? {} : { description }),
    ...(service === null ? {} : { service }),
    ...(environment === null ? {} : { environment }),
    ...(host === null ? {} : { host }),
    ...linksOf(event),
  }
}

function linksOf(event: CanonicalAlert): AlertChanges {
  const { sourceUrl, dashboardUrl, runbookUrl } = event
  return {
    ...(sourceUrl === null ? {} : { sourceUrl }),
    ...(dashboardUrl === null ? {} : { dashboardUrl }),
    ...(runbookUrl === null ? {} : { runbookUrl }),
  }
}
