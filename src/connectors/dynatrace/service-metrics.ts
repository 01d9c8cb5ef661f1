/** Errors, latency and traffic of services that Dynatrace monitors. */
import * as z from 'zod'
import { iso, MINUTE } from '../../lib/time'
import type { Vendor } from '../operation'
import { mapOk, ok } from '../outcome'
import { read, readingAs, withQuery } from '../read'
import { serviceSeries } from '../service-series'
import type { Details } from './details'

const METRICS = [
  { key: 'builtin:service.errors.total.rate', kind: 'error_ratio', unit: 0.01 },
  { key: 'builtin:service.response.time', by: ':percentile(95)', kind: 'latency_p95', unit: 1e-6 },
  { key: 'builtin:service.requestCount.total', kind: 'request_rate', unit: 1 / 60 },
] as const
const SELECTOR = METRICS.map((metric) => `${metric.key}${'by' in metric ? metric.by : ''}:names`).join(',')
/** What a name in a selector cannot have without being escaped. */
const SPECIAL = /["~\\]/

const found = z.object({
  result: z.array(
    z.object({
      metricId: z.string(),
      data: z.array(
        z.object({
          dimensionMap: z.record(z.string(), z.string()).default({}),
          timestamps: z.array(z.number()),
          values: z.array(z.number().nullable()),
        }),
      ),
    }),
  ),
})

const urlOf = ({ details }: Vendor<Details>): string => `${details.environmentUrl}/api/v2/metrics/query`

export const dynatraceServiceMetrics = serviceSeries(
  urlOf,
  async (vendor: Vendor<Details>, services, span) => {
    const names = services.filter((service) => !SPECIAL.test(service))
    if (names.length === 0) return ok([])
    const url = withQuery(urlOf(vendor), {
      metricSelector: SELECTOR,
      entitySelector: `type("SERVICE"),entityName.in(${names.map((name) => `"${name}"`).join(',')})`,
      resolution: '1m',
      from: iso(span.from),
      to: iso(span.to),
    })
    return mapOk(readingAs(await read(vendor, url), found), ({ result }) =>
      result.flatMap(({ metricId, data }) => {
        const metric = METRICS.find(({ key }) => metricId.startsWith(key))
        if (metric === undefined) return []
        return data.flatMap(({ dimensionMap, timestamps, values }) => {
          // Several services of Dynatrace may have one name.
          const name = `${metric.key} of ${dimensionMap['dt.entity.service'] ?? ''}`
          const point = { service: dimensionMap['dt.entity.service.name'] ?? '', profile: metric.kind, name }
          return timestamps.flatMap((at, index) => {
            const value = values[index] ?? null
            // Told by the end of its minute.
            return value === null ? [] : [{ ...point, at: at - MINUTE, value: value * metric.unit }]
          })
        })
      }),
    )
  },
)
