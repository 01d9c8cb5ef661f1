/** Metrics of some services around a moment, for vendors whose metrics have fixed names: one call of an investigation. */
import * as z from 'zod'
import { HOUR, MINUTE } from '../lib/time'
import { fairShare } from './fair-share'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'
import type { MetricKind, Series } from './series'

/** A number of one minute: a share from 0 to 1, seconds, bytes, or how many (a second). `at` in ms. */
export interface MinutePoint {
  readonly service: string
  readonly profile: MetricKind
  /** What the vendor calls it; of a service each series has its own. */
  readonly name: string
  readonly at: number
  readonly value: number
}

/** ms */
export interface Span {
  readonly from: number
  readonly to: number
}

const STEP_SECONDS = 60

const input = z.strictObject({
  services: z.array(z.string().min(1).max(200)).min(1).max(8),
  /** The first sign of the trouble. */
  onset: z.iso.datetime(),
})

/** The operation over one vendor's way of reading; times in ms. */
export const serviceSeries = <M>(
  url: (vendor: Vendor<M>) => string,
  read: (
    vendor: Vendor<M>,
    services: readonly string[],
    span: Span,
  ) => Promise<Outcome<readonly MinutePoint[]>>,
): Operation<M> =>
  operation({
    name: 'service_metrics',
    description:
      'Errors, latency, traffic and, where the vendor tells it, use of resources of up to 8 services from an hour before the onset to 15 minutes after it, found by their names.',
    input,
    run: async (vendor: Vendor<M>, { services, onset }): Promise<OperationOutcome> => {
      const at = Date.parse(onset)
      const span = { from: at - HOUR, to: Math.max(at, Math.min(vendor.ctx.now(), at + 15 * MINUTE)) }
      const points = await read(vendor, services, span)
      if (points.kind !== 'ok') return points
      const all = seriesIn(points.value, span)
      const kept = fairShare(all)
      if (kept.length === 0) return { kind: 'no_resources' }
      return ok({
        url: url(vendor),
        status: 200,
        data: {
          shape: 'service_series',
          asked: services,
          left: all.length - kept.length,
          services: [...Map.groupBy(kept, ({ service }) => service)].map(([service, own]) => ({
            service,
            series: own.map(({ series }) => series),
          })),
        },
      })
    },
  })

/** Each series of each service, those without any point left out. */
const seriesIn = (points: readonly MinutePoint[], span: Span) =>
  [...Map.groupBy(points, ({ service }) => service)].flatMap(([service, own]) =>
    [...Map.groupBy(own, ({ name }) => name).values()].flatMap((one) => {
      const series = seriesOf(one, span)
      return series.values.every((value) => value === null) ? [] : [{ service, series }]
    }),
  )

/** Equidistant values, null where there is no point. */
function seriesOf(points: readonly MinutePoint[], { from, to }: Span): Series<MetricKind> {
  const minutes = new Map(points.map(({ at, value }) => [Math.floor((at - from) / MINUTE), value]))
  const length = Math.floor((to - from) / MINUTE) + 1
  return {
    name: points[0]?.name ?? '',
    profile: points[0]?.profile ?? 'request_rate',
    start: from,
    stepSeconds: STEP_SECONDS,
    values: Array.from({ length }, (_, minute) => {
      const value = minutes.get(minute)
      return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4))
    }),
  }
}
