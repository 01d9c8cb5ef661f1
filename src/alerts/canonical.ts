/** The vendor-neutral records that every alert source produces: the canonical alert and the change event. */
import * as z from 'zod'

export const ALERT_KINDS = ['alert', 'incident', 'issue', 'deployment'] as const
const EVENT_STATES = ['firing', 'acknowledged', 'resolved', 'info'] as const
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const
const CHANGE_KINDS = ['deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other'] as const

export type AlertKind = (typeof ALERT_KINDS)[number]
export type EventState = (typeof EVENT_STATES)[number]
export type Severity = (typeof SEVERITIES)[number]
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** Longest texts, in code points; longer ones are cut. */
export const LIMITS = {
  dedupKey: 255,
  title: 500,
  description: 8000,
  name: 200,
  environment: 64,
  url: 2048,
  labels: 64,
  labelKey: 128,
  labelValue: 1000,
  metadataValue: 4000,
  sourceAlertId: 255,
  changeText: 1000,
} as const

const time = z.int()
const url = z.url({ protocol: /^https?$/ }).nullable()
const codePoints = (max: number): z.ZodString => z.string().refine((text) => Array.from(text).length <= max)
const name = codePoints(LIMITS.name).min(1).nullable()

/**
 * One transition of one condition, as a vendor reported it. Times are ms since the epoch.
 * `source` to `seq` are the documented fields; the members after them only steer the state machine.
 */
export const canonicalAlert = z.strictObject({
  source: z.string().min(1),
  sourceType: z.string().min(1),
  kind: z.enum(ALERT_KINDS),
  dedupKey: codePoints(LIMITS.dedupKey).min(1),
  state: z.enum(EVENT_STATES),
  severity: z.enum(SEVERITIES),
  severityRaw: z.string().nullable(),
  title: codePoints(LIMITS.title).min(1),
  description: codePoints(LIMITS.description).nullable(),
  service: name,
  environment: name,
  host: name,
  startsAt: time.nullable(),
  endsAt: time.nullable(),
  /** When this transition happened; the time of receipt when the vendor did not say. */
  eventTime: time,
  sourceUrl: url,
  dashboardUrl: url,
  runbookUrl: url,
  labels: z.record(codePoints(LIMITS.labelKey), codePoints(LIMITS.labelValue)),
  metadata: z.record(z.string(), z.json()),
  sourceAlertId: z.string().min(1),
  /** Index inside the delivery. */
  seq: z.int().min(0),
  /** `startsAt` before clamping, null when the vendor sent none: the incident's `alertFiredAt`. */
  firedAt: time.nullable(),
  /** A firing event that takes back an acknowledgement. */
  forceState: z.boolean(),
  /** The vendor itself calls this a reopening: the window is 7 days. */
  reopening: z.boolean(),
  /** A firing event that only refreshes an open alert and is info otherwise. */
  onlyIfOpen: z.boolean(),
  /** When the alert resolves by itself unless it is refreshed, null for never. */
  expiresAt: time.nullable(),
  /** The vendor's "send a test" button: nothing opens, the integration's health records it. */
  test: z.boolean(),
})
export type CanonicalAlert = z.infer<typeof canonicalAlert>

/** Something that was changed on purpose and may be the cause of an incident. Times are ms since the epoch. */
export const changeEvent = z.strictObject({
  provider: z.string().min(1),
  job: z.string().min(1),
  build: z.string().min(1),
  kind: z.enum(CHANGE_KINDS),
  title: z.string().min(1),
  service: name,
  environment: name,
  result: z.string().nullable(),
  commit: z.string().nullable(),
  branch: z.string().nullable(),
  repository: z.string().nullable(),
  author: z.string().nullable(),
  url,
  /** Of the pipeline that made the change. */
  traceId: z.string().nullable(),
  startedAt: time.nullable(),
  finishedAt: time,
})
export type ChangeEvent = z.infer<typeof changeEvent>

/** One item of a delivery that could not be used; the others were. */
export interface ItemError {
  readonly index: number
  readonly message: string
}

/** Everything one delivery says. */
export interface Normalised {
  readonly alerts: readonly CanonicalAlert[]
  readonly changes: readonly ChangeEvent[]
  readonly errors: readonly ItemError[]
}
