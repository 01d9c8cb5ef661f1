/** What data-source tools put into evidence so that the analyst understands it, whatever the vendor. */

import * as z from 'zod'
import type { Least } from './series'

const profiles = [
  'error_ratio',
  'latency_p95',
  'request_rate',
  'errors',
  'unavailable',
  'restarts',
  'oom_kills',
  'saturation',
  'cpu',
  'memory',
  'backlog',
  'disk_io',
  'alert',
] as const
export type Profile = (typeof profiles)[number]

/**
 * The smallest change of each kind that means anything: shares from 0 to 1, seconds, bytes, or how many (a second).
 * `saturation` is the share in use of what there is, `backlog` what waits or is held, `alert` an alert's own expression.
 */
export const LEAST: Readonly<Record<Profile, Least>> = {
  error_ratio: { minDelta: 0.01 },
  // What is fast inside is asked many times for one answer outside.
  latency_p95: { minDelta: 0.05, doubledFrom: 0.001 },
  request_rate: { minDelta: 1 },
  errors: { minDelta: 0.1 },
  unavailable: { minDelta: 1 },
  restarts: { minDelta: 1 },
  oom_kills: { minDelta: 1 },
  saturation: { minDelta: 0.1 },
  cpu: { minDelta: 0.1 },
  memory: { minDelta: 33_554_432 },
  backlog: { minDelta: 10 },
  disk_io: { minDelta: 1_048_576 },
  alert: { minDelta: 0 },
}

/** Metrics of one service: equidistant values from `start` (ms), null where there is no point. */
const serviceSeries = z.object({
  service: z.string(),
  series: z.array(
    z.object({
      name: z.string(),
      profile: z.enum(profiles),
      start: z.number(),
      stepSeconds: z.number().positive(),
      values: z.array(z.number().nullable()),
    }),
  ),
})
export type ServiceSeries = z.infer<typeof serviceSeries>
const seriesOutput = serviceSeries.extend({ shape: z.literal('series') })

/** Metrics of several services; `asked` are those without any, too. */
const serviceSeriesOutput = z.object({
  shape: z.literal('service_series'),
  asked: z.array(z.string()),
  services: z.array(serviceSeries),
})

/** Masked log lines of one service with their counts in the incident and the baseline window. */
const serviceTemplates = z.object({
  service: z.string(),
  templates: z.array(
    z.object({
      id: z.string(),
      template: z.string(),
      incident: z.number(),
      baseline: z.number(),
      /** The first minute of a burst. */
      since: z.string().nullish(),
    }),
  ),
})
const logsOutput = serviceTemplates.extend({ shape: z.literal('logs') })

/** Log lines of several services; `asked` are those without any, too, `failed` those that could not be read. */
const serviceLogsOutput = z.object({
  shape: z.literal('service_logs'),
  asked: z.array(z.string()),
  failed: z.array(z.string()).default([]),
  services: z.array(serviceTemplates),
})

/** Texts of a platform about one service, such as pod events. */
const serviceTexts = z.object({ service: z.string(), texts: z.array(z.string()) })
const eventsOutput = serviceTexts.extend({ shape: z.literal('events') })

/** Texts about several services; `asked` are those that the platform does not know, too, `failed` what it did not show. */
const serviceEventsOutput = z.object({
  shape: z.literal('service_events'),
  asked: z.array(z.string()),
  failed: z.array(z.string()).default([]),
  services: z.array(serviceTexts),
})

/** The commits of a deployment, newest first; not all of them where there are many. */
const commitsOutput = z.object({
  shape: z.literal('commits'),
  service: z.string(),
  repository: z.string(),
  /** Whether the change named the repository, or it was chosen for the name of the service. */
  found: z.enum(['change', 'chosen']),
  base: z.string().nullable(),
  head: z.string().nullable(),
  total: z.number(),
  commits: z.array(
    z.object({ sha: z.string(), author: z.string().nullable(), at: z.string(), title: z.string() }),
  ),
})
export type CommitsOutput = z.infer<typeof commitsOutput>

/** The public status of a provider. */
const providerOutput = z.object({
  shape: z.literal('provider'),
  provider: z.string(),
  open: z.boolean(),
  title: z.string(),
  /** Those that are not well. */
  parts: z.array(z.unknown()).default([]),
})

/** What a data source answers with. */
export const sourceOutput = z.discriminatedUnion('shape', [
  seriesOutput,
  serviceSeriesOutput,
  logsOutput,
  serviceLogsOutput,
  eventsOutput,
  serviceEventsOutput,
  commitsOutput,
  providerOutput,
])
