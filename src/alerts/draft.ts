/** What a source says about the items of a delivery, before anything is cleaned or derived. */
import type { AlertKind, ChangeKind, EventState, Severity } from './canonical'

/**
 * What a source says about one alert. Texts are taken as the vendor sent them (any JSON value): cutting,
 * cleaning, shared derivations and defaults are done for every source in `finish.ts`.
 */
export interface AlertDraft {
  readonly type: 'alert'
  readonly kind?: AlertKind
  readonly state: EventState
  /** Identity of the condition; absent or empty is an error of this item, unless `identity` says otherwise. */
  readonly dedupKey: unknown
  /** `facts`: without a dedupKey the identity is the SHA-256 of title, service, environment and host. */
  readonly identity?: 'facts'
  readonly title?: unknown
  readonly description?: unknown
  /** The vendor's word. Read with the shared table unless `severity` is given. */
  readonly severityRaw?: unknown
  readonly severity?: Severity | undefined
  /** Labels or tags, from which service, environment and host are derived too. */
  readonly labels?: Readonly<Record<string, unknown>>
  /** A mapping rule's value: comes before the labels. */
  readonly service?: unknown
  readonly environment?: unknown
  readonly host?: unknown
  /** The vendor's entity: comes after the labels. Of several the first usable one counts. */
  readonly vendorService?: readonly unknown[]
  readonly vendorEnvironment?: readonly unknown[]
  readonly vendorHost?: readonly unknown[]
  readonly startsAt?: unknown
  readonly endsAt?: unknown
  readonly eventTime?: unknown
  readonly sourceUrl?: unknown
  readonly dashboardUrl?: unknown
  readonly runbookUrl?: unknown
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly sourceAlertId?: unknown
  readonly forceState?: boolean
  readonly reopening?: boolean
  readonly onlyIfOpen?: boolean
  readonly expiresAt?: unknown
  readonly test?: boolean
}

/** What a source says about one change; finished like an alert. */
export interface ChangeDraft {
  readonly type: 'change'
  readonly kind: ChangeKind
  readonly provider?: unknown
  readonly job: unknown
  readonly build: unknown
  readonly title?: unknown
  readonly service?: unknown
  readonly environment?: unknown
  readonly result?: unknown
  readonly commit?: unknown
  readonly branch?: unknown
  readonly repository?: unknown
  readonly author?: unknown
  readonly url?: unknown
  readonly traceId?: unknown
  readonly startedAt?: unknown
  readonly finishedAt?: unknown
}

/** An item that cannot be used, with the reason for the delivery's record. */
export interface BadItem {
  readonly type: 'error'
  readonly message: string
}

/** An item that a mapping leaves out on purpose; it keeps the others' positions stable. */
interface SkippedItem {
  readonly type: 'skip'
}

export type Draft = AlertDraft | ChangeDraft | BadItem | SkippedItem
