/** Requests that a service answers: how many, how many fail, how long they take. */
import { failing } from './failures'
import { perSecond, reading, stemOf, type Found, type MetricQuery, type Rule } from './metric'
import { quoted } from './promql'
import { timeUnitOf } from './units'

/** What runtimes and agents count for themselves, and what a service asks of others. */
const NOT_SERVED =
  /^(?:go|jvm|python|nodejs|dotnet|process|promhttp|prometheus|scrape|otelcol|machine|kubelet|apiserver|etcd|workqueue|net_conntrack|rest_client)_|(?:^|_)(?:client|outgoing|outbound|egress|gc)(?:_|$)/
const DURATION =
  /(?:^|_)(?:latency|duration|delay|elapsed|(?:response|request|rq|processing|service)_?time)(?:_|$)/
const IN_TIME_UNITS = /_(?:seconds?|milliseconds?|ms|microseconds?|us|nanoseconds?|ns)$/
const REQUESTS =
  /(?:^|_)(?:requests?|calls?|rpcs?|responses?|handled|invocations?|rq|rq_xx|queries|transactions?|hits|workload|load|throughput|traffic|qps|rps|tps)(?:_(?:rate|per_second|per_sec))?$/
const FAILURES =
  /(?:^|_)(?:errors?|err|failures?|failed|exceptions?|timeouts?|rejected|rejections|dropped|drops)(?:_(?:count|per_second))?$/
const FAILING_SHARE = /(?:error|failure)s?_(?:rate|ratio|share|percent(?:age)?)$/
const GOOD_SHARE = /(?:^|_)(?:availability|success_(?:rate|ratio|percent(?:age)?))(?:_|$)/
const COUNTED = /_(?:total|count)$/
const ABOUT_FAILURE = new Set([
  'errors',
  'error',
  'failures',
  'failed',
  'failure',
  'exceptions',
  'total',
  'count',
])
const ABOUT_REQUESTS = new Set([...ABOUT_FAILURE, 'requests', 'request', 'calls', 'handled'])
const STATISTIC_LABELS = ['quantile', 'percentile', 'statistic', 'stat', 'agg', 'aggregation'] as const
/** Preferred first: the mean and the median of a quiet service say more than its tail. */
const STATISTICS = [/^(?:avg|average|mean)$/i, /^(?:p?0?\.?50?|p50|median)$/i, /9[05]/]

/** Labels whose values a reading depends on. */
export const DECISIVE_LABELS = [...STATISTIC_LABELS, 'direction', 'span_kind'] as const

export const requestRule: Rule = (found) => {
  const name = found.name.toLowerCase()
  if (NOT_SERVED.test(name)) return null
  if (/_(?:created|info|timestamp|max|min)$/.test(name)) return null
  return (
    ofHistogram(found, name) ??
    ofShare(found, name) ??
    ofFailures(found, name) ??
    ofCount(found, name) ??
    ofGauge(found, name)
  )
}

/** `x_bucket`, and without it `x_sum` over `x_count`; the count itself is a counter of requests. */
function ofHistogram(found: Found, name: string): readonly MetricQuery[] | null {
  const [, base, part] = /^(.+)_(bucket|sum|count)$/.exec(name) ?? []
  if (base === undefined) return null
  const isTime = DURATION.test(base) || IN_TIME_UNITS.test(base)
  const stem = found.name.slice(0, base.length)
  const side = sideOf(found)
  if (part === 'bucket') {
    const rates = `rate(${found.selection.metric(found.name, side)}[5m])`
    const p95 = `histogram_quantile(0.95, ${found.selection.by('sum', rates, 'le, ')})`
    return isTime ? [reading('latency_p95', found.name, p95, timeUnitOf(name))] : []
  }
  if (part === 'count') return isTime ? ofRequests(found) : null
  if (!isTime || !found.beside.has(`${stem}_count`) || found.beside.has(`${stem}_bucket`)) return []
  const mean = `${perSecond(found, found.name, side)} / ${perSecond(found, `${stem}_count`, side)}`
  return [reading('latency_p95', stem, mean, timeUnitOf(name))]
}

function ofShare(found: Found, name: string): readonly MetricQuery[] | null {
  const gauge = found.selection.metric(found.name, statisticOf(found))
  if (GOOD_SHARE.test(name) && !COUNTED.test(name))
    return [reading('error_ratio', `1 - ${found.name}`, found.selection.by('min', gauge), 'share_of_good')]
  if (!FAILING_SHARE.test(name)) return null
  return [reading('error_ratio', found.name, found.selection.by('max', gauge), 'share')]
}

/** Failures that are counted by themselves: as a share of the requests beside them where those are known. */
function ofFailures(found: Found, name: string): readonly MetricQuery[] | null {
  const bare = name.replace(/_total$/, '')
  if (!FAILURES.test(bare)) return null
  if (bare === name)
    return [reading('errors', found.name, found.selection.by('sum', found.selection.metric(found.name)))]
  const stem = stemOf(name, ABOUT_REQUESTS)
  const all = [...found.beside.keys()].find(
    (other) =>
      other !== found.name &&
      COUNTED.test(other) &&
      REQUESTS.test(other.toLowerCase().replace(COUNTED, '')) &&
      stemOf(other, ABOUT_REQUESTS) === stem,
  )
  const failed = perSecond(found, found.name)
  if (all === undefined) return [reading('errors', found.name, failed)]
  const requests = perSecond(found, all)
  return [reading('error_ratio', found.name, `(${failed} or 0 * ${requests}) / ${requests}`)]
}

function ofCount(found: Found, name: string): readonly MetricQuery[] | null {
  if (!REQUESTS.test(name.replace(COUNTED, ''))) return null
  if (COUNTED.test(name) || failing(found.labels).length > 0) return ofRequests(found)
  return [reading('request_rate', found.name, found.selection.by('sum', found.selection.metric(found.name)))]
}

/** A counter of requests, and the share of them that failed where its labels tell. */
function ofRequests(found: Found): readonly MetricQuery[] {
  const side = sideOf(found)
  const all = perSecond(found, found.name, side)
  const failed = failing(found.labels).map(
    (matchers) => `(${perSecond(found, found.name, side + matchers)} or 0 * ${all})`,
  )
  return [
    ...(failed.length === 0 ? [] : [reading('error_ratio', found.name, `(${failed.join(' + ')}) / ${all}`)]),
    reading('request_rate', found.name, all),
  ]
}

function ofGauge(found: Found, name: string): readonly MetricQuery[] | null {
  if (!DURATION.test(name)) return null
  if (COUNTED.test(name)) return []
  const gauge = found.selection.metric(found.name, statisticOf(found))
  return [reading('latency_p95', found.name, found.selection.by('max', gauge), timeUnitOf(name))]
}

/** The matcher of one statistic, where a metric has several under one name. */
function statisticOf({ labels }: Found): string {
  for (const label of STATISTIC_LABELS) {
    const values = [...(labels.get(label) ?? [])].toSorted()
    if (values.length < 2) continue
    const preferred = STATISTICS.map((pattern) => values.find((value) => pattern.test(value)))
    const value = preferred.find((one) => one !== undefined) ?? values[0] ?? ''
    return `,${label}=${quoted(value)}`
  }
  return ''
}

/** Only what comes in, where a mesh or a tracer counts both ends of a call under one name. */
function sideOf({ labels }: Found): string {
  if (labels.get('direction')?.has('inbound') === true) return ',direction="inbound"'
  const kinds = [...(labels.get('span_kind') ?? [])]
    .filter((kind) => /server|consumer/i.test(kind))
    .toSorted()
  return kinds.length === 0 ? '' : `,span_kind=~${quoted(kinds.join('|'))}`
}
