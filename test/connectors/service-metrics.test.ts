import { describe, it } from 'vitest'
import { findConnector } from '../../src/connectors'
import { headerAccess } from '../../src/connectors/access'
import type { VendorAnswer } from '../../src/connectors/egress'
import { ok, type Outcome } from '../../src/connectors/outcome'
import { fairShare, type ServiceSeries } from '../../src/connectors/fair-share'
import type { FoundSeries } from '../../src/connectors/prometheus/find-metrics'
import { plan } from '../../src/connectors/prometheus/readings'

const ONSET = Date.parse('2026-01-01T10:00:00.000Z')
const START = ONSET - 3_600_000
const BASE = 'https://prometheus.example.com'

type Answers = (url: URL) => unknown

/** Asks one operation; `answers` gives the vendor's `data`, or null for a vendor in trouble. */
async function ask(operation: string, args: object, answers: Answers, settings: object = {}) {
  const asked: URL[] = []
  const found = findConnector('prometheus')?.operations.find(({ name }) => name === operation)
  if (found === undefined) throw new Error('no such operation')
  const ctx = {
    fetch: async (url: string): Promise<Outcome<VendorAnswer>> => {
      asked.push(new URL(url))
      const data = answers(new URL(url))
      if (data === null) return { kind: 'vendor_error' }
      const text = JSON.stringify({ status: 'success', data })
      return ok({ status: 200, headers: new Headers(), text, url })
    },
    now: () => ONSET + 3_600_000,
    signal: new AbortController().signal,
    settings: {},
    ownHosts: [],
  }
  const details = { baseUrl: BASE, tenantId: null, authType: 'none', ...settings }
  const onset = new Date(ONSET).toISOString()
  const outcome = await found.run(ctx, headerAccess({}), details, { ...args, onset })
  const queries = asked.flatMap((url) => url.searchParams.get('query') ?? [])
  return { outcome, asked, queries }
}

const metricsOf = (services: readonly string[], answers: Answers, settings: object = {}) =>
  ask('service_metrics', { services }, answers, settings)

const SERIES = [
  { __name__: 'latency_ms', service: 'Shop.Cart', job: 'shop' },
  { __name__: 'availability_percent', service: 'Shop.Cart' },
  { __name__: 'latency_ms', service: 'another' },
]

const point = (minute: number, value: number) => [START / 1000 + minute * 60, String(value)]
const result = (metric: object, ...values: (readonly unknown[])[]) => ({
  resultType: 'matrix',
  result: [{ metric, values }],
})

describe('the metrics of services', () => {
  it('are found by name whatever its case, and come as equidistant numbers of the usual units', async ({
    expect,
  }) => {
    const { outcome, asked } = await metricsOf(['shop.cart'], (url) => {
      if (url.pathname === '/api/v1/series') return SERIES
      const isLatency = url.searchParams.get('query')?.includes('latency_ms') === true
      const values = isLatency ? [point(0, 250), point(2, 1250)] : [point(1, 99.5)]
      return result({ service: 'Shop.Cart' }, ...values)
    })
    expect(asked.at(-1)?.searchParams.get('start')).toBe(String(START / 1000))
    expect(outcome).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          shape: 'service_series',
          asked: ['shop.cart'],
          left: 0,
          queries: [
            'min by (service) (availability_percent{service=~"S"})',
            'max by (service) (latency_ms{service=~"S"})',
          ],
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

  it('are looked for by every label that the server knows, and in the names of pods', async ({ expect }) => {
    const { outcome, queries } = await metricsOf(['cart'], (url) => {
      if (url.pathname === '/api/v1/labels')
        return ['__name__', 'pod', 'destination_workload', 'code', 'zone']
      const query = url.searchParams.get('query') ?? ''
      if (query.startsWith('group by (__name__, pod, code)'))
        return result({ __name__: 'container_memory_working_set_bytes', pod: 'cart-7d9f8b6c5-x2x4z' })
      if (query.startsWith('group by')) return { result: [] }
      return result({ aurora_service: 'cart' }, point(0, 1e9))
    })
    expect(
      queries.filter((query) => query.startsWith('group by')).map((query) => query.slice(0, 50)),
    ).toEqual([
      'group by (__name__, destination_workload, code) ({',
      'group by (__name__, pod, code) ({pod=~"(?i:(?:[^/|',
    ])
    expect(queries.at(-1)).toMatch(
      /^sum by \(aurora_service\) \(label_replace\(container_memory_working_set_bytes\{pod=~.*"\$1", "pod"/,
    )
    expect(seriesIn(outcome)).toMatchObject([{ profile: 'memory' }])
  })

  it('are those of what is called, not of what runs beside the proxy that counts', async ({ expect }) => {
    const { outcome } = await metricsOf(['front', 'cart'], (url) => {
      if (url.pathname === '/api/v1/series')
        return [
          {
            __name__: 'istio_requests_total',
            destination_workload: 'cart',
            app: 'front',
            response_code: '200',
          },
        ]
      const query = url.searchParams.get('query') ?? ''
      if (!query.includes('istio')) return []
      expect(query).toContain('destination_workload=~"(?i:cart)"')
      return result({ destination_workload: 'cart' }, point(0, 1))
    })
    expect(outcome).toMatchObject({ value: { data: { services: [{ service: 'cart' }] } } })
  })

  it('may carry the name of a service in their own, where no label does', async ({ expect }) => {
    const { outcome, queries } = await metricsOf(['front-end'], (url) => {
      if (url.pathname === '/api/v1/labels') return ['__name__', 'job']
      if (url.pathname === '/api/v1/series') return []
      const query = url.searchParams.get('query') ?? ''
      if (query.includes('__name__=~')) return result({ __name__: 'front_end_cpu' })
      return query.includes('front_end_cpu')
        ? result({ aurora_service: 'front-end' }, point(0, 1))
        : { result: [] }
    })
    expect(queries.at(-1)).toBe(
      'sum by (aurora_service) (label_replace(front_end_cpu{}, "aurora_service", "front-end", "", ""))',
    )
    expect(seriesIn(outcome)).toMatchObject([{ name: 'front_end_cpu', profile: 'cpu' }])
  })

  it('are found by the label of the connection, and read with its own queries', async ({ expect }) => {
    const settings = { serviceLabel: 'team_service', metricProfile: { error_ratio: 'my:errors{s="S"}' } }
    const { outcome, queries } = await metricsOf(
      ['a"b'],
      (url) => {
        if (url.pathname === '/api/v1/series')
          return [{ __name__: 'http_requests_total', team_service: 'a"b', service: 'x', code: '200' }]
        const query = url.searchParams.get('query') ?? ''
        if (query.startsWith('my:errors')) return result({}, point(0, 0.5))
        return result({ team_service: 'a"b' }, point(0, 1))
      },
      settings,
    )
    expect(queries).toContain(String.raw`my:errors{s="a\"b"}`)
    expect(queries.some((query) => query.includes('code=~'))).toBe(false)
    expect(seriesIn(outcome)).toMatchObject([
      { name: 'error_ratio', profile: 'error_ratio' },
      { name: 'http_requests_total', profile: 'request_rate' },
    ])
  })

  it('are none when nobody measures these services', async ({ expect }) => {
    expect((await metricsOf(['shop.cart'], () => [])).outcome).toEqual({ kind: 'no_resources' })
  })

  it('are those that could be read; only when none could, the call has failed', async ({ expect }) => {
    const some = await metricsOf(['shop.cart'], (url) => {
      if (url.pathname === '/api/v1/series') return SERIES
      if (url.searchParams.get('query')?.includes('latency_ms') === true) return null
      return result({ service: 'Shop.Cart' }, point(1, 1))
    })
    expect(seriesIn(some.outcome).map(({ name }) => name)).toEqual(['1 - availability_percent'])
    const none = await metricsOf(['shop.cart'], (url) => (url.pathname === '/api/v1/series' ? SERIES : null))
    expect(none.outcome).toEqual({ kind: 'vendor_error' })
  })

  it('are asked for eight services at most, and by names alone', async ({ expect }) => {
    const many = Array.from({ length: 9 }, (_, index) => `s${index}`)
    expect((await metricsOf(many, () => [])).outcome.kind).toBe('invalid_arguments')
    const { asked } = await metricsOf(['a"}|.*{b\\'], () => [])
    expect(asked[1]?.searchParams.get('match[]')).toContain(String.raw`(a\"\\}\\|\\.\\*\\{b\\\\)`)
  })
})

const found = (name: string, service: string): FoundSeries => ({
  name,
  label: 'app',
  whole: true,
  services: new Set([service]),
  labels: new Map([['app', new Set([service])]]),
})

describe('what is read of many', () => {
  it('is one of each kind for every service before a second of any', ({ expect }) => {
    const loud = Array.from({ length: 30 }, (_, index) => found(`a${index}_latency_seconds`, 'loud'))
    const queries = plan([...loud, found('z_latency_seconds', 'quiet'), found('z_cpu', 'quiet')], new Set())
    const read = queries.map(({ kind, services }) => `${kind} of ${[...services].join()}`)
    expect(read).toEqual([
      'latency_p95 of loud',
      'latency_p95 of quiet',
      'cpu of quiet',
      'latency_p95 of loud',
    ])
  })

  it('and what fits an answer is shared evenly, the most telling first', ({ expect }) => {
    const values = Array.from({ length: 76 }, () => 123_456_789)
    const series = (
      service: string,
      profile: ServiceSeries['series']['profile'],
      number: number,
    ): ServiceSeries => ({
      service,
      query: 'q',
      series: { name: `${profile}${number}`, profile, start: START, stepSeconds: 60, values },
    })
    const services = ['a', 'b', 'c', 'd', 'e', 'f']
    const all = services.flatMap((service) =>
      [0, 1, 2, 3].flatMap((number) => [
        series(service, 'memory', number),
        series(service, 'latency_p95', number),
      ]),
    )
    const kept = fairShare(all)
    const perService = services.map((service) =>
      kept.filter((one) => one.service === service).map((one) => one.series.name),
    )
    expect(
      Math.max(...perService.map(({ length }) => length)) -
        Math.min(...perService.map(({ length }) => length)),
    ).toBeLessThan(2)
    for (const names of perService) expect(names.slice(0, 2)).toEqual(['latency_p950', 'memory0'])
    expect(JSON.stringify(kept.map((one) => one.series)).length).toBeLessThan(15_500)
  })
})

describe('the expressions of alerts', () => {
  const slow = { service: 'cart', rule: 'Slow' }
  const groups = [{ rules: [{ name: 'Slow', query: 'latency > 3', type: 'alerting' }] }]

  it('are read without their threshold, from the alert or else from the rule of its name', async ({
    expect,
  }) => {
    const alerts = [
      slow,
      { service: 'web', rule: 'Down', expression: 'up == 0' },
      { service: 'web', rule: 'Gone' },
    ]
    const { outcome, queries } = await ask('alert_series', { alerts }, (url) => {
      if (url.pathname === '/api/v1/rules') return { groups }
      return result({}, point(0, 2))
    })
    expect(queries).toEqual(['latency', 'up'])
    expect(outcome).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          asked: [],
          services: [
            { service: 'cart', series: [{ name: 'Slow', profile: 'alert' }] },
            { service: 'web', series: [{ name: 'Down', profile: 'alert' }] },
          ],
        },
      },
    })
  })

  it('tell of the alerting service alone, and highest first', async ({ expect }) => {
    const series = (labels: object, value: number) => ({ metric: labels, values: [point(0, value)] })
    const { outcome } = await ask(
      'alert_series',
      { alerts: [{ ...slow, expression: 'latency > 3' }] },
      () => ({
        resultType: 'matrix',
        result: [
          series({ service: 'web' }, 9),
          ...[1, 4, 2, 3].map((value) => series({ pod: `cart-${value}`, zone: 'b' }, value)),
        ],
      }),
    )
    expect(seriesIn(outcome).map(({ values }) => values[0])).toEqual([4, 3, 2])
  })

  it('are none where there is no such rule', async ({ expect }) => {
    const { outcome } = await ask('alert_series', { alerts: [slow] }, () => ({ groups: [] }))
    expect(outcome).toEqual({ kind: 'no_resources' })
    expect((await ask('alert_series', { alerts: [slow] }, () => null)).outcome).toEqual({
      kind: 'vendor_error',
    })
  })
})

describe('a connection to Prometheus', () => {
  const form = { baseUrl: BASE, authType: 'none' }
  const said = (more: object) => findConnector('prometheus')?.readForm({ ...form, ...more }, [])

  it('may say which label names a service, and its own queries', ({ expect }) => {
    const profile = { latency_p95: 'my:latency{app="S"}' }
    expect(said({ serviceLabel: 'team_service', metricProfile: profile })?.kind).toBe('credential')
    expect(said({ serviceLabel: null, metricProfile: null })?.kind).toBe('credential')
    expect(said({ serviceLabel: 'a-b' })).toEqual({
      kind: 'invalid',
      issues: [{ path: 'serviceLabel', message: 'Invalid serviceLabel' }],
    })
    for (const metricProfile of [{ latency_p95: 'latency' }, { beauty: 'x{app="S"}' }, 'x', { cpu: 5 }])
      expect(said({ metricProfile })).toMatchObject({
        kind: 'invalid',
        issues: [{ message: expect.stringMatching(/^metricProfile must map kinds \(error_ratio, /) }],
      })
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
