import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { findConnector } from '../../src/connectors'
import { headerAccess, type Access } from '../../src/connectors/access'
import { ok, type Outcome } from '../../src/connectors/outcome'
import type { VendorAnswer, VendorInit } from '../../src/connectors/egress'
import { aCloudMonitoring, type FakeTimeSeries } from './fakes/cloud-monitoring'
import { aCloudWatch, type FakeMetric } from './fakes/cloudwatch'
import { json, type Seen } from './fakes/fake'
import { aLogAnalytics, workspaceId, type KqlQuery } from './fakes/log-analytics'

const ONSET = Date.parse('2026-01-01T10:00:00.000Z')
const START = ONSET - 3_600_000
const onset = new Date(ONSET).toISOString()
const minute = (index: number): string => new Date(START + index * 60_000).toISOString()

type Cloud = (seen: Seen) => Response | null

interface Read {
  readonly service: string
  readonly series: readonly {
    readonly name: string
    readonly profile: string
    readonly values: readonly (number | null)[]
  }[]
}

interface Asked {
  readonly operation?: 'service_metrics' | 'service_logs'
  readonly services: readonly string[]
  readonly chosen?: readonly string[]
}

const AWS: Access = {
  kind: 'aws',
  accessKeyId: 'ASIA0000000000000000',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  region: null,
}

const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001'
const DETAILS: Readonly<Record<string, object>> = {
  aws: {
    roleArn: 'arn:aws:iam::123456789012:role/Aurora',
    readOnlyRoleArn: null,
    workspaceId: 'w',
    region: 'eu-west-1',
    accountId: '123456789012',
    alias: null,
  },
  dynatrace: { environmentUrl: 'https://abc12345.live.dynatrace.com', version: null },
  gcp: { email: 'e', sub: 's', authType: 'service_account', scopes: [], defaultProjectId: 'shop' },
  azure: {
    tenantId: 't',
    clientId: 'c',
    readOnly: null,
    wanted: null,
    subscriptionId: SUBSCRIPTION,
    subscriptionName: 'Shop',
    hasReadOnly: false,
  },
}

/** Asks for metrics, or for logs; what the cloud does not answer is not there. */
async function askCloud(
  provider: string,
  cloud: Cloud,
  { operation: verb = 'service_metrics', services, chosen = [] }: Asked,
) {
  const seen: Seen[] = []
  const operation = findConnector(provider)?.operations.find(({ name }) => name === verb)
  const fetch = async (target: string, init: VendorInit = {}): Promise<Outcome<VendorAnswer>> => {
    const { method = 'GET', headers, body } = init
    const one = { method, url: new URL(target), headers: new Headers(headers), body: String(body ?? '') }
    seen.push(one)
    const answer = cloud(one) ?? json({}, 404)
    const { status } = answer
    return ok({ status, headers: answer.headers, text: await answer.text(), url: target })
  }
  const ctx = {
    fetch,
    now: () => ONSET + 3_600_000,
    signal: new AbortController().signal,
    settings: {},
    ownHosts: [],
    chosen: async () => chosen,
  }
  const access = provider === 'aws' ? AWS : headerAccess({})
  const outcome = await operation?.run(ctx, access, DETAILS[provider], { services, onset })
  const read: readonly Read[] = outcome?.kind === 'ok' ? Object(outcome.value.data).services : []
  return { outcome, seen, read }
}

/** `profile name: first values` of each series. */
const told = (read: readonly Read[], service: string): readonly string[] =>
  read
    .filter((one) => one.service === service)
    .flatMap(({ series }) =>
      series.map(({ name, profile, values }) => `${profile} ${name}: ${values.slice(0, 2).join(' ')}`),
    )
    .toSorted()

const NAMES = fc.oneof(
  fc.constantFrom(`a' OR '1'='1`, `x"')`, `") | union (*`, `b\\`, `c\\"`, `a\nb`, 'NOT', '${PROP}', '-', '.'),
  fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
)

describe('the metrics of CloudWatch', () => {
  const metric = (
    namespace: string,
    name: string,
    stat: string,
    dimensions: FakeMetric['dimensions'],
    ...values: readonly number[]
  ): FakeMetric => ({
    namespace,
    name,
    stat,
    dimensions,
    points: values.map((value, index) => [minute(index), value]),
  })
  const group = (name: string) => ({ LoadBalancer: 'app/shop/50dc', TargetGroup: `targetgroup/${name}/6d0e` })
  const METRICS = [
    metric('AWS/ECS', 'CPUUtilization', 'Average', { ClusterName: 'prod', ServiceName: 'Checkout' }, 40, 95),
    metric(
      'AWS/ECS',
      'CPUUtilization',
      'Average',
      { ClusterName: 'prod', ServiceName: 'checkout-worker' },
      1,
    ),
    // The whole cluster is another thing than the service in it.
    metric('AWS/ECS', 'CPUUtilization', 'Average', { ClusterName: 'checkout' }, 7),
    metric('AWS/ApplicationELB', 'RequestCount', 'Sum', group('prod-checkout'), 120, 60),
    metric('AWS/ApplicationELB', 'HTTPCode_Target_5XX_Count', 'Sum', group('prod-checkout'), 30),
    metric('AWS/ApplicationELB', 'TargetResponseTime', 'p95', group('prod-checkout'), 0.2, 0.4),
    metric('AWS/SQS', 'ApproximateAgeOfOldestMessage', 'Maximum', { QueueName: 'orders' }, 3, 400),
    {
      ...metric('AWS/DynamoDB', 'ReadThrottleEvents', 'Sum', { TableName: 'orders' }),
      points: [[minute(1), 120] as const],
    },
  ]

  it('are those of resources that are named like the services, in the usual units', async ({ expect }) => {
    const { read } = await askCloud('aws', aCloudWatch(METRICS), { services: ['checkout', 'orders'] })
    expect(told(read, 'checkout')).toEqual([
      'error_ratio HTTPCode_Target_5XX_Count / RequestCount of targetgroup/prod-checkout/6d0e in app/shop/50dc: 0.25 0',
      'latency_p95 TargetResponseTime p95 of targetgroup/prod-checkout/6d0e in app/shop/50dc: 0.2 0.4',
      'request_rate RequestCount Sum of targetgroup/prod-checkout/6d0e in app/shop/50dc: 2 1',
      'saturation CPUUtilization Average of Checkout in prod: 0.4 0.95',
    ])
    // What is reported only when it happens was nothing before.
    expect(told(read, 'orders')).toEqual([
      'backlog ApproximateAgeOfOldestMessage Maximum of orders: 3 400',
      'errors ReadThrottleEvents Sum of orders: 0 2',
    ])
  })

  it('belong to the service whose name says most, and first come those of the very name', async ({
    expect,
  }) => {
    const cpu = (name: string, value: number) =>
      metric('AWS/RDS', 'CPUUtilization', 'Average', { DBInstanceIdentifier: name }, value)
    const databases = [cpu('eu-prod-db', 1), cpu('prod-db', 2), cpu('db', 3), cpu('mydb', 4)]
    const { read } = await askCloud('aws', aCloudWatch(databases), { services: ['db', 'prod-db'] })
    const names = (service: string) =>
      read.find((one) => one.service === service)?.series.map(({ name }) => name.split(' ').at(-1))
    expect([names('db'), names('prod-db')]).toEqual([['db'], ['prod-db']])
    // Where nothing is called so, what ends with the name speaks for it.
    const other = await askCloud('aws', aCloudWatch(databases.slice(0, 1)), { services: ['prod-db'] })
    expect(told(other.read, 'prod-db')).toHaveLength(1)
  })

  it('come on several pages, and from what answers', async ({ expect }) => {
    const cloud = aCloudWatch(METRICS, 1)
    const { read } = await askCloud('aws', cloud, { services: ['checkout'] })
    expect(told(read, 'checkout')).toHaveLength(4)
    const half = await askCloud(
      'aws',
      (seen) => (seen.body.includes('RequestCount') ? new Response('', { status: 500 }) : cloud(seen)),
      { services: ['checkout', 'orders'] },
    )
    expect(half.read.map(({ service }) => service).toSorted()).toEqual(['checkout', 'orders'])
    const down = await askCloud('aws', () => new Response('', { status: 500 }), { services: ['checkout'] })
    expect(down.outcome).toEqual({ kind: 'vendor_error' })
  })

  it('are searched within the limits of a search, and for no name that could be more than a name', async ({
    expect,
  }) => {
    const longest = Array.from({ length: 8 }, (_, index) => `${index}`.padEnd(64, 'x'))
    const { outcome, seen } = await askCloud('aws', aCloudWatch([]), { services: longest })
    expect(outcome).toEqual({ kind: 'no_resources' })
    expect(seen.length).toBeLessThan(5)
    await fc.assert(
      fc.asyncProperty(fc.array(NAMES, { minLength: 1, maxLength: 3 }), async (services) => {
        // The fake refuses what is not a list of plain terms.
        expect((await askCloud('aws', aCloudWatch(METRICS), { services })).outcome?.kind).toMatch(
          /^(?:ok|no_resources)$/,
        )
      }),
      { numRuns: 60 },
    )
  })
})

describe('the metrics of Cloud Monitoring', () => {
  const series = (
    type: string,
    labels: FakeTimeSeries['labels'],
    ...values: readonly number[]
  ): FakeTimeSeries => ({ type, labels, points: values.map((value, index) => [minute(index + 1), value]) })
  const CPU = 'kubernetes.io/container/cpu/limit_utilization'

  it('are those of containers and databases of that name, as far as a project has them', async ({
    expect,
  }) => {
    const cloud = aCloudMonitoring({
      shop: [
        series(CPU, { container_name: 'checkout' }, 0.5, 0.99),
        series(CPU, { container_name: 'checkout-worker' }, 0.1),
        {
          ...series('kubernetes.io/container/restart_count', { container_name: 'checkout' }, 0, 3),
          whole: true,
        },
        series(
          'cloudsql.googleapis.com/database/disk/utilization',
          { database_id: 'shop:orders' },
          0.7,
          0.98,
        ),
        series('cloudsql.googleapis.com/database/disk/utilization', { database_id: 'other:checkout' }, 0.1),
      ],
    })
    const { read } = await askCloud('gcp', cloud, { services: ['Checkout', 'orders'] })
    expect(told(read, 'Checkout')).toEqual([
      'restarts kubernetes.io/container/restart_count in shop: 0 3',
      `saturation ${CPU} in shop: 0.5 0.99`,
    ])
    expect(told(read, 'orders')).toEqual([
      'saturation cloudsql.googleapis.com/database/disk/utilization in shop: 0.7 0.98',
    ])
  })

  it('are asked of four of the chosen projects', async ({ expect }) => {
    const chosen = ['p-a', 'p-b', 'p-c', 'p-d', 'p-e']
    const one = [series(CPU, { container_name: 'web' }, 0.5)]
    const cloud = aCloudMonitoring(Object.fromEntries(chosen.map((project) => [project, one])))
    const { read } = await askCloud('gcp', cloud, { services: ['web'], chosen })
    expect(told(read, 'web')).toEqual(
      chosen.slice(0, 4).map((project) => `saturation ${CPU} in ${project}: 0.5 `),
    )
  })

  it('are asked for with names that stay names', async ({ expect }) => {
    const cloud = aCloudMonitoring({ shop: [series(CPU, { container_name: 'web' }, 0.5)] })
    await fc.assert(
      fc.asyncProperty(NAMES, async (name) => {
        // A filter that no longer is a list of strings is refused by the fake, and the one that has the metric tells it.
        const { outcome, seen } = await askCloud('gcp', cloud, { services: [name, 'web'] })
        expect(outcome?.kind).toBe('ok')
        expect(seen.every(({ url }) => url.pathname === '/v3/projects/shop/timeSeries')).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the metrics of Log Analytics', () => {
  const COLUMNS = ['At', 'Service', 'Source', 'Requests', 'Failed', 'P95', 'Counter', 'Value']
  const counter = (service: string, source: string, name: string, value: number) => [
    minute(0),
    service,
    source,
    null,
    null,
    null,
    name,
    value,
  ]

  it('are requests of roles, calls to others, and counters of processes and containers', async ({
    expect,
  }) => {
    const rows = [
      [minute(0), 'Checkout', 'AppRequests', 120, 30, 250, '', null],
      [minute(1), 'Checkout', 'AppRequests', 0, 0, null, '', null],
      [minute(0), 'orders', 'AppDependencies', 60, 0, 40, '', null],
      counter('checkout', 'AppPerformanceCounters', '% Processor Time Normalized', 80),
      counter('checkout', 'Perf', 'cpuUsageNanoCores', 1_500_000_000),
      counter('nobody', 'Perf', 'cpuUsageNanoCores', 1),
    ]
    const { read } = await askCloud(
      'azure',
      aLogAnalytics(() => [COLUMNS, ...rows]),
      {
        services: ['checkout', 'orders'],
      },
    )
    expect(told(read, 'checkout')).toEqual([
      'cpu cpuUsageNanoCores of Perf: 1.5 ',
      'error_ratio failed share of AppRequests: 0.25 ',
      'latency_p95 p95 of AppRequests: 0.25 ',
      'request_rate rate of AppRequests: 2 ',
      'saturation % Processor Time Normalized of AppPerformanceCounters: 0.8 ',
    ])
    expect(told(read, 'orders')).toHaveLength(3)
    expect(read.map(({ service }) => service)).toEqual(['checkout', 'orders'])
  })

  it('are asked of ten workspaces of the chosen subscriptions at once, and are none without any', async ({
    expect,
  }) => {
    const other = SUBSCRIPTION.replace(/1$/, '2')
    const asked: KqlQuery[] = []
    const names = ['logs-1', 'logs-2', 'logs-3', 'logs-4', 'logs-5', 'logs-6']
    const cloud = aLogAnalytics((query) => {
      asked.push(query)
      return [COLUMNS, counter('web', 'Perf', 'memoryWorkingSetBytes', 5)]
    }, names)
    await askCloud('azure', cloud, { services: ['web'], chosen: [SUBSCRIPTION, other] })
    expect(asked.map(({ workspaces }) => workspaces)).toEqual([
      [
        ...names.map((name) => workspaceId(SUBSCRIPTION, name)),
        ...names.map((name) => workspaceId(other, name)),
      ].slice(0, 10),
    ])
    const none = await askCloud(
      'azure',
      aLogAnalytics(() => null, []),
      { services: ['web'] },
    )
    expect(none.outcome).toEqual({ kind: 'no_resources' })
    const refused = await askCloud(
      'azure',
      aLogAnalytics(() => null),
      { services: ['web'] },
    )
    expect(refused.outcome).toEqual({ kind: 'vendor_error' })
  })

  it('are asked for with names that stay names', async ({ expect }) => {
    const asked = async (name: string): Promise<string> => {
      const queries: string[] = []
      const cloud = aLogAnalytics(({ query }) => {
        queries.push(query)
        return [COLUMNS]
      })
      for (const operation of ['service_metrics', 'service_logs'] as const)
        await askCloud('azure', cloud, { operation, services: [name] })
      return queries.join('\n')
    }
    const STRING = /"(?:[^"\\\n]|\\.)*"/g
    const plain = await asked('checkout')
    await fc.assert(
      fc.asyncProperty(NAMES, async (name) => {
        const query = await asked(name)
        expect(query.replaceAll(STRING, '""')).toBe(plain.replaceAll(STRING, '""'))
      }),
      { numRuns: 40 },
    )
  })
})

describe('the lines of Log Analytics', () => {
  it('are told without the tables that are refused, and then no service is called quiet', async ({
    expect,
  }) => {
    const cloud = aLogAnalytics(({ query }) => {
      if (query.includes('ContainerLogV2')) return null
      const isTold = query.includes('AppTraces | where AppRoleName =~ "checkout"')
      return [['TimeGenerated', 'IsError', 'Line'], ...(isTold ? [[onset, true, 'lost the database']] : [])]
    })
    const services = ['checkout', 'quiet']
    const { outcome } = await askCloud('azure', cloud, { operation: 'service_logs', services })
    expect(outcome).toMatchObject({
      value: {
        data: {
          failed: ['quiet'],
          services: [{ service: 'checkout', templates: [{ template: 'lost the database', incident: 1 }] }],
        },
      },
    })
  })
})

describe('the metrics of Dynatrace', () => {
  it('are asked for with names that stay names, and not for others', async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(NAMES, async (name) => {
        const { seen } = await askCloud('dynatrace', () => json({ result: [] }), { services: [name, 'web'] })
        const [asked = ''] = seen.map(({ url }) => url.searchParams.get('entitySelector'))
        expect(asked?.match(/^type\("SERVICE"\),entityName\.in\((?:"([^"~\\]*)",)?"web"\)$/s)).toMatchObject({
          1: /["~\\]/.test(name) ? undefined : name,
        })
      }),
      { numRuns: 60 },
    )
  })
})
