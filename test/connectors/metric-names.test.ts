import { describe, it } from 'vitest'
import { withoutComparison } from '../../src/connectors/prometheus/comparison'
import type { FoundMetric } from '../../src/connectors/prometheus/metric'
import { labelled } from '../../src/connectors/prometheus/promql'
import { readingsOfMetric } from '../../src/connectors/prometheus/readings'
import { patternOf } from '../../src/connectors/prometheus/service-labels'
import { converted, type Unit } from '../../src/connectors/prometheus/units'

type Labels = Readonly<Record<string, readonly string[]>>

const metric = (name: string, labels: Labels = {}): FoundMetric => ({
  name,
  labels: new Map(Object.entries(labels).map(([label, values]) => [label, new Set(values)])),
})

/** What is read of a metric of service x, with `others` beside it: kind, unit and query of each reading. */
function read(name: string, labels: Labels = {}, others: readonly string[] = []) {
  const found = metric(name, labels)
  const beside = new Map([found, ...others.map((other) => metric(other))].map((one) => [one.name, one]))
  return readingsOfMetric(found, labelled('service', 'x', true), beside)
}

const S = 'service=~"x"'
const rate = (selector: string): string => `sum by (service) (rate(${selector}[5m]))`

describe('a metric is read by what its name says', () => {
  it('histograms as their 95th percentile, sums and counts as their mean', ({ expect }) => {
    const bucket = (name: string) =>
      `histogram_quantile(0.95, sum by (le, service) (rate(${name}{${S}}[5m])))`
    for (const [name, unit] of [
      ['http_request_duration_seconds_bucket', 'as_is'],
      ['http_server_requests_seconds_bucket', 'as_is'],
      ['istio_request_duration_milliseconds_bucket', 'milliseconds'],
      ['http_server_duration_bucket', 'some_time'],
    ] as const)
      expect(read(name)).toEqual([{ kind: 'latency_p95', metric: name, promql: bucket(name), unit }])
    expect(read('rpc_latency_ms_sum', {}, ['rpc_latency_ms_count'])).toEqual([
      {
        kind: 'latency_p95',
        metric: 'rpc_latency_ms',
        promql: `${rate(`rpc_latency_ms_sum{${S}}`)} / ${rate(`rpc_latency_ms_count{${S}}`)}`,
        unit: 'milliseconds',
      },
    ])
    expect(read('rpc_latency_ms_sum', {}, ['rpc_latency_ms_count', 'rpc_latency_ms_bucket'])).toEqual([])
  })

  it('one statistic of several: the mean before the median before the tail', ({ expect }) => {
    expect(read('latency_ms', { statistic: ['p50', 'Average'] })[0]?.promql).toBe(
      `max by (service) (latency_ms{${S},statistic="Average"})`,
    )
    expect(read('rpc_latency_seconds', { quantile: ['0.99', '0.5', '0.9'] })[0]?.promql).toBe(
      `max by (service) (rpc_latency_seconds{${S},quantile="0.5"})`,
    )
  })

  it('failures as a share of all, which is nought and not nothing while there are none', ({ expect }) => {
    const all = rate(`http_requests_total{${S}}`)
    const [errors, requests] = read('http_requests_total', { status: ['200'] })
    expect(errors?.kind).toBe('error_ratio')
    expect(errors?.promql).toMatch(/status=~"5\|5\.\.\|/)
    expect(errors?.promql.endsWith(`or 0 * ${all})) / ${all}`)).toBe(true)
    expect(requests).toMatchObject({ kind: 'request_rate', promql: all })
  })

  it.for([
    ['istio_requests_total', { response_code: ['200'] }],
    ['grpc_server_handled_total', { grpc_code: ['OK'] }],
    ['traces_spanmetrics_calls_total', { status_code: ['STATUS_CODE_OK'], span_kind: ['SPAN_KIND_SERVER'] }],
    ['http_server_requests_seconds_count', { outcome: ['SUCCESS'] }],
    ['http_server_request_duration_seconds_count', { http_response_status_code: ['200'] }],
    ['rpc_server_duration_milliseconds_count', { rpc_grpc_status_code: ['0'] }],
    ['response_total', { classification: ['success'], direction: ['inbound', 'outbound'] }],
    ['nginx_ingress_controller_requests', { status: ['200'] }],
    ['envoy_cluster_upstream_rq_xx', { envoy_response_code_class: ['2'] }],
    ['traefik_service_requests_total', { code: ['200'] }],
    ['haproxy_backend_http_responses_total', { code: ['2xx'] }],
  ] as const)('%s counts requests and failures', ([name, labels], { expect }) => {
    const [label = ''] = Object.keys(labels)
    const readings = read(name, labels)
    expect(readings.map(({ kind }) => kind)).toEqual(['error_ratio', 'request_rate'])
    expect(readings[0]?.promql).toContain(`${label}=~"`)
  })

  it('faults of the server are failures, those of the caller are none', ({ expect }) => {
    const matcherOf = (labels: Labels) => {
      const found = /=~"((?:5|2|\(\?i)[^"]*)"/.exec(read('http_requests_total', labels)[0]?.promql ?? '')
      return new RegExp(`^(?:${found?.[1]?.replaceAll('(?i:', '(?:') ?? ''})$`, 'i')
    }
    const failing = (labels: Labels, values: readonly string[]) =>
      values.filter((value) => matcherOf(labels).test(value))
    expect(failing({ code: [] }, ['200', '404', '429', '500', '503', '5xx', '5'])).toEqual([
      '500',
      '503',
      '5xx',
      '5',
    ])
    expect(failing({ status_code: [] }, ['STATUS_CODE_ERROR', 'STATUS_CODE_UNSET'])).toEqual([
      'STATUS_CODE_ERROR',
    ])
    expect(failing({ outcome: [] }, ['SUCCESS', 'CLIENT_ERROR', 'SERVER_ERROR', 'UNKNOWN'])).toEqual([
      'SERVER_ERROR',
    ])
    expect(
      failing({ grpc_code: [] }, [
        'OK',
        'NotFound',
        'Unavailable',
        'Internal',
        'DeadlineExceeded',
        '5',
        '14',
      ]),
    ).toEqual(['Unavailable', 'Internal', 'DeadlineExceeded', '14'])
  })

  it('only what comes in, where both ends of a call are counted', ({ expect }) => {
    const [errors] = read('response_total', { classification: [], direction: ['inbound', 'outbound'] })
    expect(errors?.promql).toContain(`{${S},direction="inbound",classification=~`)
    const [calls] = read('calls_total', { span_kind: ['SPAN_KIND_CLIENT', 'SPAN_KIND_SERVER'] })
    expect(calls?.promql).toContain(',span_kind=~"SPAN_KIND_SERVER"')
    expect(read('http_client_request_duration_seconds_bucket')).toEqual([])
  })

  it.for([
    [
      'checkout_errors_total',
      ['checkout_requests_total'],
      'error_ratio',
      '/ sum by (service) (rate(checkout_requests_total',
    ],
    ['checkout_errors_total', [], 'errors', 'rate(checkout_errors_total'],
    ['probe_availability_percent', [], 'error_ratio', 'min by (service) (probe_availability_percent'],
    ['error', [], 'errors', 'sum by (service) (error{'],
    ['workload', [], 'request_rate', 'sum by (service) (workload{'],
    ['latency', [], 'latency_p95', 'max by (service) (latency{'],
    ['cpu', [], 'cpu', 'sum by (service) (cpu{'],
    ['mem', [], 'memory', 'sum by (service) (mem{'],
    ['diskio', [], 'disk_io', 'sum by (service) (diskio{'],
    ['socket', [], 'backlog', 'sum by (service) (socket{'],
    ['up', [], 'unavailable', '1 - up{'],
    [
      'container_cpu_cfs_throttled_periods_total',
      ['container_cpu_cfs_periods_total'],
      'saturation',
      '/ sum by',
    ],
    ['kube_deployment_status_replicas_unavailable', [], 'unavailable', 'sum by'],
    ['kube_pod_container_status_ready', [], 'unavailable', '1 - kube_pod'],
    ['container_oom_events_total', [], 'oom_kills', 'increase('],
    ['node_filesystem_avail_bytes', ['node_filesystem_size_bytes'], 'saturation', 'max by (service) (1 - '],
    ['node_memory_MemAvailable_bytes', ['node_memory_MemTotal_bytes'], 'saturation', '1 - '],
    ['kubelet_volume_stats_used_bytes', ['kubelet_volume_stats_capacity_bytes'], 'saturation', '/ (sum by'],
    ['process_open_fds', ['process_max_fds'], 'saturation', '/ (sum by'],
    ['pg_stat_activity_count', ['pg_settings_max_connections'], 'saturation', '/ (sum by'],
    [
      'mysql_global_status_threads_connected',
      ['mysql_global_variables_max_connections'],
      'saturation',
      '/ (sum',
    ],
    ['redis_connected_clients', ['redis_config_maxclients'], 'saturation', '/ (sum by'],
    ['hikaricp_connections_active', ['hikaricp_connections_max'], 'saturation', '/ (sum by'],
    ['hikaricp_connections_pending', [], 'backlog', 'sum by'],
    ['kafka_consumergroup_lag', [], 'backlog', 'sum by'],
    ['rabbitmq_queue_messages_ready', [], 'backlog', 'sum by'],
    ['pg_replication_lag_seconds', [], 'backlog', 'sum by'],
    ['jvm_gc_pause_seconds_sum', [], 'saturation', 'rate('],
  ] as const)('%s beside %j is %s', ([name, others, kind, part], { expect }) => {
    const [reading] = read(name, {}, others)
    expect(reading?.kind).toBe(kind)
    expect(reading?.promql).toContain(part)
  })

  it('the heap alone of a runtime, the containers alone of a pod, and who was killed for memory', ({
    expect,
  }) => {
    const [heap] = read('jvm_memory_used_bytes', { area: ['heap', 'nonheap'] }, ['jvm_memory_max_bytes'])
    expect(heap?.promql.match(/area="heap"/g)).toHaveLength(2)
    const [memory] = read('container_memory_working_set_bytes', { container: ['app', 'POD'] })
    expect(memory?.promql).toBe(
      `sum by (service) (container_memory_working_set_bytes{${S},container!="",container!="POD"})`,
    )
    expect(read('kube_pod_container_status_restarts_total').map(({ kind }) => kind)).toEqual([
      'restarts',
      'oom_kills',
    ])
  })

  it('and left alone when it says nothing known', ({ expect }) => {
    for (const name of [
      'go_goroutines',
      'go_gc_duration_seconds',
      'http_request_size_bytes_bucket',
      'http_requests_created',
      'prometheus_rule_evaluation_duration_seconds',
      'process_virtual_memory_bytes',
      'kube_pod_info',
      'hikaricp_connections_max',
    ])
      expect([name, read(name)]).toEqual([name, []])
  })
})

describe('the name of a service', () => {
  it.for([
    ['service', 'shop.cart', 'shop.cart'],
    ['destination_service', 'cart.shop.svc.cluster.local', 'cart'],
    ['envoy_cluster_name', 'outbound|8080||cart.shop.svc.cluster.local', 'cart'],
    ['job', 'shop/cart', 'cart'],
    ['service', 'cart@docker', 'cart'],
    ['instance', 'cart:8080', 'cart'],
    ['pod', 'cart-7d9f8b6c5-x2x4z', 'cart'],
    ['pod', 'cart-db-0', 'cart-db'],
    ['pod', 'cart-b4fzn', 'cart'],
    ['pod', 'cart-redis', undefined],
    ['pod', 'cart-redis-7d9f8b6c5-x2x4z', undefined],
    ['service', 'cart-7d9f8b6c5-x2x4z', undefined],
    ['service', 'cartographer', undefined],
  ] as const)('in %s="%s" is %s', ([label, value, service], { expect }) => {
    const pattern = new RegExp(`^(?:${patternOf(label, ['cart', 'cart-db', 'shop.cart'])})$`)
    expect(pattern.exec(value)?.[1]).toBe(service)
  })
})

describe('numbers', () => {
  it.for([
    ['milliseconds', [250, null, 1250], [0.25, null, 1.25]],
    ['some_time', [0.2, 0.3], [0.2, 0.3]],
    ['some_time', [200, 300], [0.2, 0.3]],
    ['some_time', [200_000, 300_000], [0.2, 0.3]],
    ['share', [12, 30], [0.12, 0.3]],
    ['share', [0.12, 0.3], [0.12, 0.3]],
    ['share_of_good', [99.5, 100], [0.005, 0]],
    ['some_bytes', [200], [209_715_200]],
    ['as_is', [0.000612, 123_456], [0.0006, 123_000]],
  ] as const satisfies readonly (readonly [Unit, readonly (number | null)[], readonly (number | null)[]])[])(
    '%s %j are %j',
    ([unit, values, expected], { expect }) => {
      const close = converted(values, unit).map((value) =>
        value === null ? null : Number(value.toPrecision(2)),
      )
      expect(close).toEqual(expected.map((value) => (value === null ? null : Number(value.toPrecision(2)))))
    },
  )
})

describe('the expression of an alert loses its threshold', () => {
  it.for([
    ['up == 0', 'up'],
    [
      'sum(rate(x{code=~"5.."}[5m])) / sum(rate(x[5m])) > 0.05',
      'sum(rate(x{code=~"5.."}[5m])) / sum(rate(x[5m]))',
    ],
    ['(a{b!="c > d"} >= bool 5)', 'a{b!="c > d"}'],
    ['0.5 < rate(x[5m])', 'rate(x[5m])'],
    ['a > b', 'a'],
    ['(a) > 1 and on(job) (b) > 2', 'a'],
    ['x > 3 unless y', 'x'],
    ['android_total{for="a and b"} < 1e3', 'android_total{for="a and b"}'],
    ['(a) + (b) > 1', '(a) + (b)'],
    ['absent(up{job="x"})', 'absent(up{job="x"})'],
  ])('%s', ([expression, expected], { expect }) => {
    expect(withoutComparison(expression ?? '')).toBe(expected)
  })
})
