/** Metrics of some services around a moment, for vendors that give all of them in one or two queries. */
import * as z from 'zod'
import { HOUR, MINUTE } from '../lib/time'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'

/** A number of one minute: a ratio, seconds, or requests a second. `at` in ms. */
export interface MinutePoint {
  readonly service: string
  readonly profile: 'error_ratio' | 'latency_p95' | 'request_rate'
  /** What the vendor calls it. */
  readonly name: string
  readonly at: number
  readonly value: number
}

interface Span {
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
      'Errors, latency and traffic of up to 8 services from an hour before the onset to 15 minutes after it, found by their names.',
    input,
    run: async (vendor: Vendor<M>, { services, onset }): Promise<OperationOutcome> => {
      const at = Date.parse(onset)
      const span = { from: at - HOUR, to: Math.max(at, Math.min(vendor.ctx.now(), at + 15 * MINUTE)) }
      const points = await read(vendor, services, span)
      if (points.kind !== 'ok') return points
      if (points.value.length === 0) return { kind: 'no_resources' }
      return ok({
        url: url(vendor),
        status: 200,
        data: {
          shape: 'service_series',
          asked: services,
          services: [...Map.groupBy(points.value, ({ service }) => service)].map(([service, own]) => ({
            service,
            series: [...Map.groupBy(own, ({ name }) => name).values()].map((one) => seriesOf(one, span)),
          })),
        },
      })
    },
  })

/** Equidistant values, null where there is no point. */
function seriesOf(points: readonly MinutePoint[], { from, to }: Span) {
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
