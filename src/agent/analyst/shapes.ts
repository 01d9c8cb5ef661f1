/** What data-source tools put into evidence so that the analyst understands it, whatever the vendor. */

import * as z from 'zod'

const profiles = ['error_ratio', 'latency_p95', 'request_rate', 'cpu', 'memory', 'restarts', 'alert'] as const
export type Profile = (typeof profiles)[number]

/** The smallest change of each kind that means anything; `alert` is an alert's own expression. */
export const MIN_DELTA: Readonly<Record<Profile, number>> = {
  error_ratio: 0.01,
  latency_p95: 0.05,
  request_rate: 1,
  cpu: 0.1,
  memory: 33_554_432,
  restarts: 1,
  alert: 0,
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
export const seriesOutput = serviceSeries.extend({ shape: z.literal('series') })

/** Metrics of several services; `asked` are those without any, too. */
export const serviceSeriesOutput = z.object({
  shape: z.literal('service_series'),
  asked: z.array(z.string()),
  services: z.array(serviceSeries),
})

/** Masked log lines of one service with their counts in the incident and the baseline window. */
export const logsOutput = z.object({
  shape: z.literal('logs'),
  service: z.string(),
  templates: z.array(
    z.object({ id: z.string(), template: z.string(), incident: z.number(), baseline: z.number() }),
  ),
})
export type LogsOutput = z.infer<typeof logsOutput>

/** Texts of a platform about one service, such as pod events. */
export const eventsOutput = z.object({
  shape: z.literal('events'),
  service: z.string(),
  texts: z.array(z.string()),
})

/** The public status of a provider. */
export const providerOutput = z.object({
  shape: z.literal('provider'),
  provider: z.string(),
  open: z.boolean(),
  title: z.string(),
})
