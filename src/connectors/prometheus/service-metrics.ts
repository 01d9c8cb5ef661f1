/** The metrics of some services around a moment, found by the services' names: one call of an investigation, several queries. */
import * as z from 'zod'
import { fairShare, type ServiceSeries } from '../fair-share'
import { anyOk, mapOk, ok, type Outcome } from '../outcome'
import { operation, type OperationOutcome, type Vendor } from '../operation'
import type { MetricKind } from '../series'
import { findMetrics } from './find-metrics'
import { quoted } from './promql'
import { highest, readRange, seriesOf, windowAround, type Window } from './range'
import { plan, type PlannedQuery } from './readings'
import { ownQueries, type Details } from './settings'

const input = z.strictObject({
  services: z.array(z.string().min(1).max(200)).min(1).max(8),
  /** The first sign of the trouble. */
  onset: z.iso.datetime(),
})

export const serviceMetrics = operation({
  name: 'service_metrics',
  description:
    'Errors, latency, traffic, restarts, saturation, memory and processor use of up to 8 services from an hour before the onset to 15 minutes after it, found by their names.',
  input,
  run: async (vendor: Vendor<Details>, { services, onset }): Promise<OperationOutcome> => {
    const at = Date.parse(onset)
    const window = windowAround(at, vendor.ctx.now())
    const own = ownQueries(vendor.details)
    const found = await findMetrics(vendor, [...new Set(services.map(keyOf))], at)
    if (found.kind !== 'ok') return found
    const planned = plan(found.value, new Set(own.map(([kind]) => kind)))
    const answers = await Promise.all([
      ...services.flatMap((service) => own.map((query) => readOwn(vendor, service, query, window))),
      ...planned.map((query) => readPlanned(vendor, query, services, window)),
    ])
    const told = anyOk(answers)
    if (told.kind !== 'ok') return told
    const read = told.value.flat()
    const kept = fairShare(read)
    if (kept.length === 0) return { kind: 'no_resources' }
    return ok({
      url: `${vendor.details.baseUrl}/api/v1/query_range`,
      status: 200,
      data: {
        shape: 'service_series',
        asked: services,
        queries: [...new Set(kept.map(({ query }) => query))],
        left: read.length - kept.length,
        services: [...Map.groupBy(kept, ({ service }) => service)].map(([service, one]) => ({
          service,
          series: one.map(({ series }) => series),
        })),
      },
    })
  },
})

interface QueriedSeries extends ServiceSeries {
  readonly query: string
}

/** Names are compared without regard to case; what is shown is how the metrics spell them. */
const keyOf = (service: string): string => service.trim().toLowerCase()

async function readPlanned(
  vendor: Vendor<Details>,
  { kind, metric, promql, unit, label, names }: PlannedQuery,
  services: readonly string[],
  window: Window,
): Promise<Outcome<readonly QueriedSeries[]>> {
  const asked = new Set(services.map(keyOf))
  // Shown without the names, which are told beside it.
  const shown = promql.replaceAll(names, '"S"')
  return mapOk(await readRange(vendor, promql, window), (results) =>
    results.flatMap((result) => {
      const service = result.metric[label]
      if (service === undefined || !asked.has(keyOf(service))) return []
      const series = seriesOf({ name: metric, profile: kind, unit }, result, window)
      return series.values.every((value) => value === null) ? [] : [{ service, query: shown, series }]
    }),
  )
}

/** A query of the connection's own for one service; of several results the one that reaches highest. */
async function readOwn(
  vendor: Vendor<Details>,
  service: string,
  [kind, query]: readonly [MetricKind, string],
  window: Window,
): Promise<Outcome<readonly QueriedSeries[]>> {
  return mapOk(await readRange(vendor, query.replaceAll('"S"', quoted(service)), window), (results) => {
    const all = results.map((result) =>
      seriesOf({ name: kind, profile: kind, unit: 'as_is' }, result, window),
    )
    return highest(all, 1).map((series) => ({ service, query, series }))
  })
}
