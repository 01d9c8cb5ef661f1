/** Errors, latency and traffic of services that New Relic's agents report. */
import * as z from 'zod'
import type { Vendor } from '../operation'
import { mapOk } from '../outcome'
import { readingAs } from '../read'
import { serviceSeries, type MinutePoint } from '../service-series'
import { nerdGraph, type Details } from './details'
import { askNrql, literal } from './nrql'

const rows = z.array(
  z.object({
    facet: z.string(),
    beginTimeSeconds: z.number(),
    errors: z.number().nullish(),
    latency: z.record(z.string(), z.number().nullish()).nullish(),
    requests: z.number().nullish(),
  }),
)

export const newrelicServiceMetrics = serviceSeries(
  (vendor: Vendor<Details>) => nerdGraph(vendor.details),
  async (vendor: Vendor<Details>, services, { from, to }) => {
    const names = services.map(literal).join(', ')
    const query = `SELECT percentage(count(*), WHERE error IS true) AS errors, percentile(duration, 95) AS latency, count(*) AS requests FROM Transaction WHERE appName IN (${names}) FACET appName TIMESERIES 1 minute SINCE ${from} UNTIL ${to} LIMIT ${services.length}`
    return mapOk(readingAs(await askNrql(vendor, query), rows), (found) =>
      found.flatMap(({ facet, beginTimeSeconds, errors, latency, requests }): readonly MinutePoint[] => {
        const [p95] = Object.values(latency ?? {})
        const own = { service: facet, at: beginTimeSeconds * 1000 }
        return [
          ...(errors == null
            ? []
            : [{ ...own, profile: 'error_ratio' as const, name: 'errors', value: errors / 100 }]),
          ...(p95 == null ? [] : [{ ...own, profile: 'latency_p95' as const, name: 'duration', value: p95 }]),
          ...(requests == null
            ? []
            : [{ ...own, profile: 'request_rate' as const, name: 'requests', value: requests / 60 }]),
        ]
      }),
    )
  },
)
