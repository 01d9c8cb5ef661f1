import { afterEach, describe, it, vi } from 'vitest'
import { answering, connectedTo } from './fakes/answering'
import { datadog } from './fakes/datadog'
import { json, type Seen } from './fakes/fake'
import { grafana } from './fakes/grafana'
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

const services = ['checkout', "o'clock"]
const vendors = [
  { fake: newrelic, more: answerNewrelic },
  { fake: datadog, more: answerDatadog },
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
