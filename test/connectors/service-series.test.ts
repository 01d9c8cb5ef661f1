import { afterEach, describe, it, vi } from 'vitest'
import { answering, connectedTo } from './fakes/answering'
import { aws } from './fakes/aws'
import { azure } from './fakes/azure'
import { aCloudMonitoring } from './fakes/cloud-monitoring'
import { aCloudWatch } from './fakes/cloudwatch'
import { datadog } from './fakes/datadog'
import { dynatrace } from './fakes/dynatrace'
import { json, type Seen } from './fakes/fake'
import { gcp } from './fakes/gcp'
import { grafana } from './fakes/grafana'
import { aLogAnalytics } from './fakes/log-analytics'
import { newrelic } from './fakes/newrelic'

afterEach(() => {
  vi.restoreAllMocks()
})

const ONSET = Date.parse('2026-01-01T10:02:30.000Z')
const START = ONSET - 3_600_000
const onset = new Date(ONSET).toISOString()
const minute = (index: number): number => START + index * 60_000

const answerNewrelic = ({ body }: Seen): Response | null => {
  const { query, variables } = JSON.parse(body)
  if (!query.includes('nrql(')) return null
  const isRight =
    variables.q.includes("appName IN ('checkout', 'o\\'clock') FACET appName TIMESERIES 1 minute") &&
    variables.q.includes(`SINCE ${START} UNTIL ${ONSET + 900_000}`)
  const row = (index: number, errors: number | null, latency: number | null, requests: number) => ({
    facet: 'checkout',
    appName: 'checkout',
    beginTimeSeconds: minute(index) / 1000,
    endTimeSeconds: minute(index + 1) / 1000,
    errors,
    latency: { '95': latency },
    requests,
  })
  const results = isRight ? [row(0, 0, 0.25, 600), row(2, 50, 1.5, 300), row(3, null, null, 0)] : []
  return json({ data: { actor: { account: { nrql: { results } } } } })
}

const answerDatadog = ({ url, body }: Seen): Response | null => {
  if (url.pathname !== '/api/v2/spans/analytics/aggregate') return null
  const { attributes } = JSON.parse(body).data
  const cells = (values: readonly number[]) =>
    values.map((value, index) => ({ time: new Date(minute(index * 2)).toISOString(), value }))
  if (!attributes.filter.query.startsWith('service:("checkout" OR "o\'clock") @_top_level:1'))
    return json({ data: [] })
  const compute = attributes.filter.query.endsWith(' status:error')
    ? { c0: cells([0, 150]) }
    : { c0: cells([600, 300]), c1: cells([250_000_000, 1_500_000_000]) }
  return json({ data: [{ type: 'bucket', attributes: { by: { service: 'checkout' }, compute } }] })
}

const answerDynatrace = ({ url }: Seen): Response | null => {
  if (url.pathname !== '/api/v2/metrics/query') return null
  const query = (name: string): string => url.searchParams.get(name) ?? ''
  const isRight =
    query('entitySelector') === 'type("SERVICE"),entityName.in("checkout","o\'clock")' &&
    query('resolution') === '1m' &&
    Date.parse(query('from')) === START
  // The ends of the minutes.
  const timestamps = [minute(1), minute(2), minute(3)]
  const dimensionMap = { 'dt.entity.service': 'SERVICE-1', 'dt.entity.service.name': 'checkout' }
  const values = new Map([
    ['builtin:service.errors.total.rate:names', [0, null, 50]],
    ['builtin:service.response.time:percentile(95):names', [250_000, null, 1_500_000]],
    ['builtin:service.requestCount.total:names', [600, null, 300]],
  ])
  const result = query('metricSelector')
    .split(',')
    .map((metricId) => ({
      metricId,
      data: isRight
        ? [{ dimensions: ['checkout', 'SERVICE-1'], dimensionMap, timestamps, values: values.get(metricId) }]
        : [],
    }))
  return json({ totalCount: result.length, nextPageKey: null, resolution: '1m', result })
}

/** When a whole minute begins inside of one that is counted from the onset. */
const whole = (index: number): string => new Date(minute(index) + 30_000).toISOString()

const lambda = (name: string, stat: string, first: number, third: number) => ({
  namespace: 'AWS/Lambda',
  dimensions: { FunctionName: 'checkout' },
  name,
  stat,
  points: [[whole(0), first] as const, [whole(2), third] as const],
})
const answerAws = aCloudWatch([
  lambda('Invocations', 'Sum', 600, 300),
  lambda('Errors', 'Sum', 0, 150),
  lambda('Duration', 'p95', 250, 1500),
])

const run = (type: string, status: string, first: number, third: number) => ({
  type: `run.googleapis.com/${type}`,
  labels: { service_name: 'checkout' },
  status,
  // The newest comes first, and each is named by its end.
  points: [
    [new Date(minute(3)).toISOString(), third] as const,
    [new Date(minute(1)).toISOString(), first] as const,
  ],
})
const answerGcp = aCloudMonitoring({
  'demo-project': [
    run('request_count', '2xx', 10, 2.5),
    run('request_count', '5xx', 0, 2.5),
    run('request_latencies', '', 250, 1500),
  ],
})

const answerAzure = aLogAnalytics(({ query, from, to }) => {
  const columns = ['At', 'Service', 'Source', 'Requests', 'Failed', 'P95', 'Counter', 'Value']
  const isRight =
    query.includes('(AppRequests | where AppRoleName in~ ("checkout", "o\'clock") |') &&
    from === START &&
    to === ONSET + 900_000
  const row = (index: number, requests: number, failed: number, p95: number) =>
    [whole(index), 'Checkout', 'AppRequests', requests, failed, p95, '', null] as const
  return [columns, ...(isRight ? [row(0, 600, 0, 250), row(2, 300, 150, 1500)] : [])]
})

const services = ['checkout', "o'clock"]
const vendors = [
  { fake: newrelic, more: answerNewrelic },
  { fake: datadog, more: answerDatadog },
  { fake: dynatrace, more: answerDynatrace },
  { fake: aws, more: answerAws },
  { fake: gcp, more: answerGcp },
  { fake: azure, more: answerAzure },
]

describe('metrics of services', () => {
  it.for(vendors.map((one) => ({ id: one.fake.id, ...one })))(
    'of $id are equidistant numbers of the usual units',
    async ({ id, fake, more }, { expect }) => {
      const { ask, network } = await connectedTo(answering(fake, more))
      const { status, output } = await ask(`${id}_service_metrics`, { services, onset })
      expect([status, output.shape, output.asked]).toEqual(['success', 'service_series', services])
      expect(output.services.map(({ service }: { service: string }) => service)).toEqual(['checkout'])
      const first = Object.fromEntries(
        output.services[0].series.map(({ profile, start, stepSeconds, values }: Read) => {
          expect([start, stepSeconds, values.length]).toEqual([START, 60, 76])
          return [profile, values.slice(0, 3)]
        }),
      )
      expect(first).toEqual({
        error_ratio: [0, null, 0.5],
        latency_p95: [0.25, null, 1.5],
        request_rate: [10, null, 5],
      })
      const nobody = await ask(`${id}_service_metrics`, { services: ['nobody'], onset })
      expect(nobody).toEqual({ status: 'empty', output: null })
      expect(network.strays).toEqual([])
    },
  )
})

interface Read {
  readonly profile: string
  readonly start: number
  readonly stepSeconds: number
  readonly values: readonly (number | null)[]
}

describe('the data sources of Grafana', () => {
  const sources = [
    { uid: 'other', type: 'prometheus' },
    { uid: 'prom-1', type: 'prometheus', isDefault: true },
    { uid: 'loki-1', type: 'loki', isDefault: false },
  ]

  it('are asked what Prometheus and Loki are asked, the default one first', async ({ expect }) => {
    const paths: string[] = []
    const proxied = answering(grafana, ({ url }) => {
      paths.push(url.pathname)
      if (url.pathname === '/api/datasources') return json(sources)
      if (url.pathname.endsWith('/loki/api/v1/series')) return json({ data: [{ app: 'checkout' }] })
      if (url.pathname.endsWith('/loki/api/v1/query_range'))
        return json({ data: { result: [{ values: [[`${ONSET}000000`, 'ERROR of checkout']] }] } })
      return url.pathname.startsWith('/api/datasources/proxy/uid/prom-1/')
        ? json({ status: 'success', data: [] })
        : null
    })
    const { ask } = await connectedTo(proxied)
    const { output } = await ask('grafana_service_logs', { services: ['checkout'], onset })
    expect(output.services[0].templates).toMatchObject([{ template: 'ERROR of checkout', incident: 1 }])
    expect(paths.filter((path) => path.includes('/loki-1/'))).not.toHaveLength(0)
    expect((await ask('grafana_service_metrics', { services: ['checkout'], onset })).status).toBe('empty')
    expect(paths.filter((path) => path.includes('/prom-1/api/v1/'))).not.toHaveLength(0)
    expect(paths.filter((path) => path.includes('/other/'))).toEqual([])
  })

  it('are none where Grafana has none of the kind', async ({ expect }) => {
    const empty = answering(grafana, ({ url }) => (url.pathname === '/api/datasources' ? json([]) : null))
    const { ask } = await connectedTo(empty)
    const none = { status: 'empty', output: null }
    expect(await ask('grafana_service_logs', { services: ['checkout'], onset })).toEqual(none)
    expect(await ask('grafana_service_metrics', { services: ['checkout'], onset })).toEqual(none)
  })
})
