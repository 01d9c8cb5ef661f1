/** Metrics of services as the analyst reads them, whatever the vendor. */

/** What a series tells, those that say most about trouble first: errors, latency, traffic, what there is too little of. */
export const KINDS = [
  'error_ratio',
  'latency_p95',
  'request_rate',
  'errors',
  'restarts',
  'saturation',
  'cpu',
  'memory',
  'unavailable',
  'backlog',
  'oom_kills',
  'disk_io',
] as const
export type MetricKind = (typeof KINDS)[number]

/** Values from `start` (ms) on, null where there is no point. */
export interface Series<Profile extends string = string> {
  readonly name: string
  readonly profile: Profile
  readonly start: number
  readonly stepSeconds: number
  readonly values: readonly (number | null)[]
}
