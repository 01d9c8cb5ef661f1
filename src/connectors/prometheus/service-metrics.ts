/** The metrics of some services around a moment, found by the services' names: one call of an investigation, several queries. */
import * as z from 'zod'
import { mapOk, ok } from '../outcome'
import { operation, type OperationOutcome, type Vendor } from '../operation'
import type { Details } from '../query-endpoint'
import { read, withQuery } from '../read'
import { anyOf, queryOf, quoted, rateBeside, type FoundMetric, type MetricQuery } from './metric-names'

/** Labels that name a service, the most telling first. */
const SERVICE_LABELS = [
  'service',
  'service_name',
  'destination_service_name',
  'app',
  'app_kubernetes_io_name',
  'container',
  'job',
]
const MAX_QUERIES = 10
/** Numbers of one answer: more do not fit a piece of evidence. */
const MAX_VALUES = 1800
const STEP_SECONDS = 60
const MINUTE = 60_000
const BEFORE = 60 * MINUTE
const AFTER = 15 * MINUTE

const found = z.object({ data: z.array(z.record(z.string(), z.string())) })
const matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

const input = z.strictObject({
  services: z.array(z.string().min(1).max(200)).min(1).max(8),
  /** The first sign of the trouble. */
  onset: z.iso.datetime(),
})

interface Series {
  readonly name: string
  readonly profile: MetricQuery['kind']
  readonly start: number
  readonly stepSeconds: number
  readonly values: readonly (number | null)[]
}

interface Window {
  readonly start: number
  readonly end: number
}

export const serviceMetrics = operation({
  name: 'service_metrics',
  description:
    'Errors, latency, traffic, restarts, memory and processor use of up to 8 services from an hour before the onset to 15 minutes after it, found by their names.',
  input,
  run: async (vendor: Vendor<Details>, { services, onset }): Promise<OperationOutcome> => {
    const at = Date.parse(onset)
    const window = { start: at - BEFORE, end: Math.min(vendor.ctx.now(), at + AFTER) }
    const listed = await find(vendor, services, window)
    if (listed.kind !== 'ok') return listed
    const pattern = anyOf(services)
    const metrics = metricsOf(listed.value.data, new Set(services.map(keyOf)))
    const queries = metrics.flatMap((metric) => {
      const query = queryOf(metric, pattern)
      if (query === null) return []
      const beside = rateBeside(metric, query, pattern)
      return [query, ...(beside === null ? [] : [beside])].map((one) => ({
        ...one,
        label: metric.serviceLabel,
      }))
    })
    const chosen = queries.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_QUERIES)
    const answers = await Promise.all(chosen.map((query) => readOne(vendor, query, window)))
    const [failure, ...others] = answers.filter((answer) => answer.kind !== 'ok')
    if (failure !== undefined && others.length + 1 === answers.length) return failure
    const series = answers.flatMap((answer) => (answer.kind === 'ok' ? answer.value : []))
    if (series.length === 0) return { kind: 'no_resources' }
    const steps = Math.floor((window.end - window.start) / (STEP_SECONDS * 1000)) + 1
    const kept = series.slice(0, Math.floor(MAX_VALUES / steps))
    return ok({
      url: `${vendor.details.baseUrl}/api/v1/query_range`,
      status: 200,
      data: {
        shape: 'service_series',
        asked: services,
        queries: chosen.map(({ promql }) => promql),
        left: series.length - kept.length,
        services: [...Map.groupBy(kept, ({ service }) => service)].map(([service, own]) => ({
          service,
          series: own.map(({ service: _service, ...one }) => one),
        })),
      },
    })
  },
})

/** Names are compared without regard to case; what is shown is how the metrics spell them. */
const keyOf = (service: string): string => service.toLowerCase()

const KINDS: readonly MetricQuery['kind'][] = [
  'error_ratio',
  'latency_p95',
  'request_rate',
  'restarts',
  'memory',
  'cpu',
]
const rank = ({ kind }: MetricQuery): number => KINDS.indexOf(kind)

/** The series that carry one of the names in a label that names services. */
async function find(vendor: Vendor<Details>, services: readonly string[], { start, end }: Window) {
  const pattern = quoted(anyOf(services))
  const url = withQuery(`${vendor.details.baseUrl}/api/v1/series`, {
    'match[]': SERVICE_LABELS.map((label) => `{${label}=~${pattern}}`),
    start: start / 1000,
    end: end / 1000,
    limit: 5000,
  })
  const answer = await read(vendor, url)
  if (answer.kind !== 'ok') return answer
  const parsed = found.safeParse(answer.value.data)
  return parsed.success ? ok(parsed.data) : ({ kind: 'vendor_error' } as const)
}

/** One entry a metric, with the most telling label that names a service in it. In the order of their names. */
function metricsOf(
  series: readonly Readonly<Record<string, string>>[],
  services: ReadonlySet<string>,
): readonly FoundMetric[] {
  const metrics = new Map<string, { serviceLabel: string; labels: Map<string, Set<string>> }>()
  for (const labels of series) {
    const name = labels['__name__']
    const own = SERVICE_LABELS.find((label) => services.has(keyOf(labels[label] ?? '')))
    if (name === undefined || own === undefined) continue
    const known = metrics.get(name) ?? { serviceLabel: own, labels: new Map<string, Set<string>>() }
    if (SERVICE_LABELS.indexOf(own) < SERVICE_LABELS.indexOf(known.serviceLabel)) known.serviceLabel = own
    for (const [label, value] of Object.entries(labels))
      known.labels.set(label, (known.labels.get(label) ?? new Set()).add(value))
    metrics.set(name, known)
  }
  return [...metrics]
    .map(([name, metric]) => ({ name, ...metric }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function readOne(
  vendor: Vendor<Details>,
  query: MetricQuery & { readonly label: string },
  window: Window,
) {
  const url = withQuery(`${vendor.details.baseUrl}/api/v1/query_range`, {
    query: query.promql,
    start: window.start / 1000,
    end: window.end / 1000,
    step: STEP_SECONDS,
  })
  return mapOk(await readMatrix(vendor, url), (results) =>
    results.flatMap(({ metric, values }) => {
      const service = metric[query.label]
      return service === undefined ? [] : [{ service, ...seriesOf(query, values, window) }]
    }),
  )
}

async function readMatrix(vendor: Vendor<Details>, url: string) {
  const answer = await read(vendor, url)
  if (answer.kind === 'invalid_arguments' || answer.kind === 'not_found')
    return { kind: 'vendor_error' } as const
  if (answer.kind !== 'ok') return answer
  const parsed = matrix.safeParse(answer.value.data)
  return parsed.success ? ok(parsed.data.data.result) : ({ kind: 'vendor_error' } as const)
}

/** Equidistant values in the kind's unit, null where there is no point. */
function seriesOf(
  { kind, metric, unit }: MetricQuery,
  points: readonly (readonly [number, string])[],
  { start, end }: Window,
): Series {
  const byTime = new Map(points.map(([seconds, text]) => [Math.round(seconds * 1000), Number(text)]))
  const length = Math.floor((end - start) / (STEP_SECONDS * 1000)) + 1
  const raw = Array.from({ length }, (_, index) => byTime.get(start + index * STEP_SECONDS * 1000) ?? null)
  const isPercent = unit === 'availability' && raw.some((value) => value !== null && value > 1.5)
  const values = raw.map((value) => {
    if (value === null || !Number.isFinite(value)) return null
    if (unit === 'availability') return rounded(1 - value / (isPercent ? 100 : 1))
    return rounded(unit === 'milliseconds' ? value / 1000 : value)
  })
  const name = unit === 'availability' ? `1 - ${metric}` : metric
  return { name, profile: kind, start, stepSeconds: STEP_SECONDS, values }
}

const rounded = (value: number): number => Number(value.toPrecision(4))
