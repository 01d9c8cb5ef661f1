import { describe, it } from 'vitest'
import { findConnector } from '../../src/connectors'
import { headerAccess } from '../../src/connectors/access'
import type { VendorAnswer } from '../../src/connectors/egress'
import { ok, type Outcome } from '../../src/connectors/outcome'
import { queryOf, type FoundMetric } from '../../src/connectors/prometheus/metric-names'

const ONSET = Date.parse('2026-01-01T10:00:00.000Z')
const START = ONSET - 3_600_000
const BASE = 'https://prometheus.example.com'

const metric = (name: string, labels: Readonly<Record<string, readonly string[]>> = {}): FoundMetric => ({
  name,
  serviceLabel: 'service',
  labels: new Map(Object.entries(labels).map(([label, values]) => [label, new Set(values)])),
})

describe('a metric is read by what its name says', () => {
  const S = 'service=~"x"'
  const known: readonly (readonly [FoundMetric, string, string])[] = [
    [
      metric('http_request_duration_seconds_bucket'),
      'latency_p95',
      `histogram_quantile(0.95, sum by (le, service) (rate(http_request_duration_seconds_bucket{${S}}[5m])))`,
    ],
    [
      metric('rpc_latency_seconds', { quantile: ['0.99', '0.5', '0.9'] }),
      'latency_p95',
      `max by (service) (rpc_latency_seconds{${S},quantile="0.5"})`,
    ],
    [
      metric('latency_ms', { statistic: ['p50', 'Average'] }),
      'latency_p95',
      `max by (service) (latency_ms{${S},statistic="Average"})`,
    ],
    [
      metric('http_requests_total', { status: ['200', '500'] }),
      'error_ratio',
      `sum by (service) (rate(http_requests_total{${S},status=~"5.."}[5m])) / sum by (service) (rate(http_requests_total{${S}}[5m]))`,
    ],
    [metric('http_requests_total'), 'request_rate', `sum by (service) (rate(http_requests_total{${S}}[5m]))`],
    [
      metric('probe_availability_percent'),
      'error_ratio',
      `min by (service) (probe_availability_percent{${S}})`,
    ],
    [
      metric('kube_pod_container_status_restarts_total'),
      'restarts',
      `sum by (service) (increase(kube_pod_container_status_restarts_total{${S}}[10m]))`,
    ],
    [
      metric('container_memory_working_set_bytes'),
      'memory',
      `sum by (service) (container_memory_working_set_bytes{${S}})`,
    ],
  ]
  it.for(known)('%o', ([found, kind, promql], { expect }) => {
    expect(queryOf(found, 'x')).toMatchObject({ kind, promql })
  })

  it('and left alone when it says nothing known', ({ expect }) => {
    for (const name of ['up', 'go_goroutines', 'http_request_duration_seconds_count', 'http_errors_total'])
      expect(queryOf(metric(name), 'x')).toBeNull()
  })
})

type Answers = (url: URL) => unknown

/** Asks for the metrics of services; `answers` gives the vendor's `data`, or null for a vendor in trouble. */
async function ask(services: readonly string[], answers: Answers) {
  const asked: URL[] = []
  const found = findConnector('prometheus')?.operations.find(({ name }) => name === 'service_metrics')
  if (found === undefined) throw new Error('no such operation')
  const ctx = {
    fetch: async (url: string): Promise<Outcome<VendorAnswer>> => {
      asked.push(new URL(url))
      const data = answers(new URL(url))
      if (data === null) return { kind: 'vendor_error' }
      return ok({
        status: 200,
        headers: new Headers(),
        text: JSON.stringify({ status: 'success', data }),
        url,
      })
    },
    now: () => ONSET + 3_600_000,
    signal: new AbortController().signal,
    settings: {},
    ownHosts: [],
  }
  const details = { baseUrl: BASE, tenantId: null, authType: 'none' }
  const args = { services, onset: new Date(ONSET).toISOString() }
  return { outcome: await found.run(ctx, headerAccess({}), details, args), asked }
}

const SERIES = [
  { __name__: 'latency_ms', service: 'Shop.Cart', job: 'shop' },
  { __name__: 'availability_percent', service: 'Shop.Cart' },
  { __name__: 'latency_ms', service: 'another' },
]

const point = (minute: number, value: number) => [START / 1000 + minute * 60, String(value)]

describe('the metrics of services', () => {
  it('are found by name whatever its case, and come as equidistant numbers of the usual units', async ({
    expect,
  }) => {
    const { outcome, asked } = await ask(['shop.cart'], (url) => {
      if (url.pathname === '/api/v1/series') return SERIES
      const isLatency = url.searchParams.get('query')?.includes('latency_ms') === true
      const values = isLatency ? [point(0, 250), point(2, 1250)] : [point(1, 99.5)]
      return { resultType: 'matrix', result: [{ metric: { service: 'Shop.Cart' }, values }] }
    })
    expect(asked[0]?.searchParams.getAll('match[]')[0]).toBe(String.raw`{service=~"(?i:shop\\.cart)"}`)
    expect(asked[1]?.searchParams.get('start')).toBe(String(START / 1000))
    expect(outcome).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          shape: 'service_series',
          asked: ['shop.cart'],
          left: 0,
          services: [
            {
              service: 'Shop.Cart',
              series: [
                { name: '1 - availability_percent', profile: 'error_ratio', start: START, stepSeconds: 60 },
                { name: 'latency_ms', profile: 'latency_p95' },
              ],
            },
          ],
        },
      },
    })
    const [availability, latency] = seriesIn(outcome)
    expect(availability?.values.slice(0, 3)).toEqual([null, 0.005, null])
    expect(latency?.values.slice(0, 3)).toEqual([0.25, null, 1.25])
    expect(latency?.values).toHaveLength(76)
  })

  it('are none when nobody measures these services', async ({ expect }) => {
    expect((await ask(['shop.cart'], () => [])).outcome).toEqual({ kind: 'no_resources' })
  })

  it('are those that could be read; only when none could, the call has failed', async ({ expect }) => {
    const some = await ask(['shop.cart'], (url) => {
      if (url.pathname === '/api/v1/series') return SERIES
      if (url.searchParams.get('query')?.includes('latency_ms') === true) return null
      return { resultType: 'matrix', result: [{ metric: { service: 'Shop.Cart' }, values: [point(1, 1)] }] }
    })
    expect(seriesIn(some.outcome).map(({ name }) => name)).toEqual(['1 - availability_percent'])
    const none = await ask(['shop.cart'], (url) => (url.pathname === '/api/v1/series' ? SERIES : null))
    expect(none.outcome).toEqual({ kind: 'vendor_error' })
  })

  it('are asked for eight services at most, and by names alone', async ({ expect }) => {
    const many = Array.from({ length: 9 }, (_, index) => `s${index}`)
    expect((await ask(many, () => [])).outcome.kind).toBe('invalid_arguments')
    const { asked } = await ask(['a"}|.*{b\\'], () => [])
    expect(asked[0]?.searchParams.get('match[]')).toBe(String.raw`{service=~"(?i:a\"\\}\\|\\.\\*\\{b\\\\)"}`)
  })
})

interface Read {
  readonly name: string
  readonly values: readonly (number | null)[]
}

function seriesIn(outcome: Awaited<ReturnType<typeof ask>>['outcome']): readonly Read[] {
  if (outcome.kind !== 'ok') return []
  const { services } = Object(outcome.value.data)
  return services[0]?.series ?? []
}
