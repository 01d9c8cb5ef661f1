/** Errors, latency and traffic of services by their spans: the names of Datadog's own metrics differ from one framework to the next. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { mapOk, ok, type Outcome } from '../outcome'
import { quoted } from '../quoted'
import { readingAs, readPost } from '../read'
import { serviceSeries, type MinutePoint } from '../service-series'
import type { Details } from './details'

const NANOSECONDS = 1e9
const TIMED = { type: 'timeseries', interval: '1m' } as const
const COUNT = { aggregation: 'count', ...TIMED } as const
const LATENCY = { aggregation: 'pc95', metric: '@duration', ...TIMED } as const

const points = z.array(z.object({ time: z.string(), value: z.number().nullish() })).catch([])
const computed = z.record(z.string(), points)
const buckets = z.object({
  data: z.array(
    z.object({
      attributes: z.object({
        by: z.object({ service: z.string() }),
        compute: computed.nullish(),
        computes: computed.nullish(),
      }),
    }),
  ),
})

const urlOf = ({ details }: Vendor<Details>): string => `${details.baseUrl}/api/v2/spans/analytics/aggregate`

export const datadogServiceMetrics = serviceSeries(urlOf, async (vendor: Vendor<Details>, services, span) => {
  // Spans with which a service begins its work: those inside it would count the same request again.
  const own = `service:(${services.map(quoted).join(' OR ')}) @_top_level:1`
  const [all, failed] = await Promise.all([
    aggregate(vendor, own, [COUNT, LATENCY], span),
    aggregate(vendor, `${own} status:error`, [COUNT], span),
  ])
  if (all.kind !== 'ok') return all
  if (failed.kind !== 'ok') return failed
  const errors = new Map(failed.value.map(({ service, at, value }) => [`${service} ${at}`, value]))
  return ok(
    all.value.flatMap(({ column, service, at, value }): readonly MinutePoint[] => {
      const point = { service, at }
      if (column === LATENCY)
        return [{ ...point, profile: 'latency_p95', name: 'duration', value: value / NANOSECONDS }]
      return [
        { ...point, profile: 'request_rate', name: 'spans', value: value / 60 },
        ...(value === 0
          ? []
          : [
              {
                ...point,
                profile: 'error_ratio' as const,
                name: 'errors',
                value: (errors.get(`${service} ${at}`) ?? 0) / value,
              },
            ]),
      ]
    }),
  )
})

interface Cell {
  readonly column: typeof COUNT | typeof LATENCY
  readonly service: string
  readonly at: number
  readonly value: number
}

/** One cell a service, minute and column. */
async function aggregate(
  vendor: Vendor<Details>,
  query: string,
  columns: readonly Cell['column'][],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Outcome<readonly Cell[]>> {
  const attributes = {
    compute: columns,
    filter: { query, from: iso(from), to: iso(to) },
    group_by: [{ facet: 'service', limit: 10 }],
  }
  const body = { data: { type: 'aggregate_request', attributes } }
  return mapOk(readingAs(await readPost(vendor, urlOf(vendor), body), buckets), ({ data }) =>
    data.flatMap(({ attributes: { by, compute, computes } }) =>
      columns.flatMap((column, index) =>
        ((computes ?? compute)?.[`c${index}`] ?? []).flatMap(({ time, value }) =>
          value == null ? [] : [{ column, service: by.service, at: Date.parse(time), value }],
        ),
      ),
    ),
  )
}
