/**
 * What a metric is about, by the names that exporters, service meshes and frameworks give it, and the PromQL that reads
 * it for some services. Names follow the conventions of prometheus.io/docs/practices/naming.
 */

/** A metric that has series of the services asked about. */
export interface FoundMetric {
  readonly name: string
  /** The label that names the service. */
  readonly serviceLabel: string
  /** Label names of its series, and the values of those that tell statistics apart. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

type MetricKind = 'error_ratio' | 'latency_p95' | 'request_rate' | 'restarts' | 'memory' | 'cpu'

/** One reading: the query, and what turns its numbers into the kind's unit (seconds, a ratio, requests a second ...). */
export interface MetricQuery {
  readonly kind: MetricKind
  readonly metric: string
  readonly promql: string
  readonly unit: 'as_is' | 'milliseconds' | 'availability'
}

const LATENCY = /(?:latency|duration|response_?time|request_?time)/i
const AVAILABILITY = /(?:availability|success_(?:rate|ratio|percent))/i
const ERRORS = /(?:errors?|failures?|failed|exceptions?)(?:_total)?$/i
const ERROR_RATIO = /(?:error|failure)s?_(?:rate|ratio)/i
const REQUESTS = /(?:requests?|calls?|rpcs?)(?:_total|_count)?$/i
const STATUS_LABELS = ['status', 'code', 'status_code', 'response_code', 'http_status_code']
const STATISTIC_LABELS = ['quantile', 'statistic', 'stat', 'agg', 'aggregation']
/** Preferred first: the mean and the median of a quiet service say more than its tail. */
const STATISTICS = [/^(?:avg|average|mean)$/i, /^(?:p?0?\.?50?|p50|median)$/i, /9[05]/]

/** The reading of a metric for services that match `pattern` (RE2), null when nothing is known about its name. */
export function queryOf(found: FoundMetric, pattern: string): MetricQuery | null {
  const { name, serviceLabel: label } = found
  const select = (extra = '') => `${name}{${label}=~${quoted(pattern)}${extra}}`
  const sum = (inner: string) => `sum by (${label}) (${inner})`
  const rate = (inner: string) => sum(`rate(${inner}[5m])`)
  const query = (kind: MetricKind, promql: string, unit: MetricQuery['unit'] = 'as_is'): MetricQuery => ({
    kind,
    metric: name,
    promql,
    unit,
  })
  const seconds = /(?:_ms|milliseconds?)(?:_|$)/i.test(name) ? 'milliseconds' : 'as_is'
  if (LATENCY.test(name)) {
    if (name.endsWith('_bucket'))
      return query(
        'latency_p95',
        `histogram_quantile(0.95, sum by (le, ${label}) (rate(${select()}[5m])))`,
        seconds,
      )
    if (/_(?:count|sum|total|created)$/.test(name)) return null
    return query('latency_p95', `max by (${label}) (${select(statisticOf(found))})`, seconds)
  }
  if (AVAILABILITY.test(name))
    return query('error_ratio', `min by (${label}) (${select(statisticOf(found))})`, 'availability')
  if (ERROR_RATIO.test(name)) return query('error_ratio', `max by (${label}) (${select()})`)
  if (name === 'container_cpu_usage_seconds_total' || name === 'process_cpu_seconds_total')
    return query('cpu', rate(select()))
  if (name === 'container_memory_working_set_bytes' || name === 'process_resident_memory_bytes')
    return query('memory', sum(select()))
  if (name === 'kube_pod_container_status_restarts_total')
    return query('restarts', sum(`increase(${select()}[10m])`))
  if (!REQUESTS.test(name) || ERRORS.test(name)) return null
  const isCounter = name.endsWith('_total') || name.endsWith('_count')
  const status = STATUS_LABELS.find((one) => found.labels.has(one))
  if (isCounter && status !== undefined)
    return query('error_ratio', `${rate(select(`,${status}=~"5.."`))} / ${rate(select())}`)
  return query('request_rate', isCounter ? rate(select()) : sum(select()))
}

/** How many requests there are, of a counter whose errors are read as well. */
export function rateBeside(found: FoundMetric, query: MetricQuery, pattern: string): MetricQuery | null {
  if (query.kind !== 'error_ratio' || !REQUESTS.test(found.name)) return null
  const { name, serviceLabel: label } = found
  const promql = `sum by (${label}) (rate(${name}{${label}=~${quoted(pattern)}}[5m]))`
  return { kind: 'request_rate', metric: name, promql, unit: 'as_is' }
}

/** The matcher of one statistic, where a metric has several under one name. */
function statisticOf({ labels }: FoundMetric): string {
  for (const label of STATISTIC_LABELS) {
    const values = [...(labels.get(label) ?? [])].toSorted()
    if (values.length < 2) continue
    const preferred = STATISTICS.map((pattern) => values.find((value) => pattern.test(value)))
    const value = preferred.find((one) => one !== undefined) ?? values[0] ?? ''
    return `,${label}=${quoted(value)}`
  }
  return ''
}

/** Text as a PromQL string: a name of a service is no part of the language. */
export const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

/** An RE2 expression that matches these names and no others; our names of services do not know upper case. */
export const anyOf = (names: readonly string[]): string =>
  `(?i:${names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`
