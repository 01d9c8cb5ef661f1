import { afterEach, describe, it, vi } from 'vitest'
import { answering, connectedTo } from './fakes/answering'
import { aws } from './fakes/aws'
import { azure } from './fakes/azure'
import { datadog } from './fakes/datadog'
import { elasticsearch } from './fakes/elasticsearch'
import { json, type Fake, type Seen } from './fakes/fake'
import { gcp } from './fakes/gcp'
import { aLogAnalytics } from './fakes/log-analytics'
import { loki } from './fakes/loki'
import { newrelic } from './fakes/newrelic'
import { splunk } from './fakes/splunk'

afterEach(() => {
  vi.restoreAllMocks()
})

const ONSET = Date.parse('2026-01-01T10:02:30.000Z')
const onset = new Date(ONSET).toISOString()
const iso = (seconds: number): string => new Date(ONSET + seconds * 1000).toISOString()

interface Line {
  readonly seconds: number
  readonly text: string
}

/** What `checkout` logged: one error before, six in the minutes after, with other numbers each. */
const LINES: readonly Line[] = [-700, 20, 25, 30, 35, 40, 45].map((seconds, index) => ({
  seconds,
  text: `ERROR pool exhausted: 5${index}/50 connections to 10.2.3.${index}:5432`,
}))
const TEMPLATE = 'ERROR pool exhausted: <n>/<n> connections to <ip>'

/** Lines that an honest vendor gives for this search: of the right service, and of the window that was asked for. */
const linesFor = (isOurs: boolean, from: number, to: number): readonly Line[] =>
  isOurs ? LINES.filter(({ seconds }) => ONSET + seconds * 1000 >= from && ONSET + seconds * 1000 <= to) : []

const answerLoki = ({ url }: Seen): Response | null => {
  const path = url.pathname.replace('/prefix/loki/api/v1', '')
  if (path === '/series') {
    const known = url.searchParams
      .getAll('match[]')
      .some((it) => it.startsWith('{app=~') && it.includes('checkout'))
    return json({ status: 'success', data: known ? [{ app: 'shop/Checkout', pod: 'x' }] : [] })
  }
  if (path !== '/query_range') return null
  const [from, to] = ['start', 'end'].map((name) => Number(url.searchParams.get(name)) / 1e6)
  const query = url.searchParams.get('query') ?? ''
  const isOurs =
    query.startsWith('{app=~"(?i)(?:.+/)?(?:checkout)"}') &&
    query.includes(' |~ "(?i)(?:error|') &&
    url.searchParams.get('limit') === '1000'
  const values = linesFor(isOurs, from ?? 0, to ?? 0).map(({ seconds, text }) => [
    `${ONSET + seconds * 1000}000000`,
    text,
  ])
  return json({ status: 'success', data: { resultType: 'streams', result: [{ stream: {}, values }] } })
}

const answerDatadog = ({ url, method, body }: Seen): Response | null => {
  if (method !== 'POST' || url.pathname !== '/api/v2/logs/events/search') return null
  const { filter, page } = JSON.parse(body)
  const isOurs = filter.query.startsWith('service:"checkout" (status:(') && page.limit === 1000
  const found = linesFor(isOurs, Date.parse(filter.from), Date.parse(filter.to))
  return json({
    data: found.map(({ seconds, text }) => ({ attributes: { timestamp: iso(seconds), message: text } })),
  })
}

const answerElasticsearch = ({ url, method, body }: Seen): Response | null => {
  if (method !== 'POST' || decodeURIComponent(url.pathname) !== '/*/_search') return null
  const asked = JSON.parse(body)
  const [named, { range }, errors] = asked.query.bool.filter
  const isOurs = named.multi_match.query === 'checkout' && errors !== undefined && asked.size === 1000
  const hit = ({ seconds, text }: Line, service: string) => ({
    fields: { '@timestamp': [String(ONSET + seconds * 1000)], 'service.name': [service], message: [text] },
  })
  const found = linesFor(isOurs, range['@timestamp'].gte, range['@timestamp'].lte)
  // A phrase finds longer names as well.
  const others = found
    .slice(0, 1)
    .map((line) => hit({ ...line, text: 'ERROR of another' }, 'checkout-worker'))
  return json({ hits: { hits: [...found.map((line) => hit(line, 'Checkout')), ...others] } })
}

const answerSplunk = ({ url, body }: Seen): Response | null => {
  if (url.pathname !== '/services/search/jobs/export') return null
  const form = new URLSearchParams(body)
  const search = form.get('search') ?? ''
  const isOurs =
    search.includes('service="checkout"') &&
    search.includes('(error OR exception') &&
    search.includes('head 1000')
  const [from, to] = ['earliest_time', 'latest_time'].map((name) => Date.parse(form.get(name) ?? ''))
  const rows = linesFor(isOurs, from ?? 0, to ?? 0).map(({ seconds, text }) =>
    JSON.stringify({ preview: false, result: { _time: iso(seconds).replace('Z', '+00:00'), _raw: text } }),
  )
  return new Response([...rows, '{"lastrow":true}'].join('\n'))
}

const answerNewrelic = ({ body }: Seen): Response | null => {
  const { query, variables } = JSON.parse(body)
  if (!query.includes('nrql(')) return null
  const [, from, to] = /SINCE (\d+) UNTIL (\d+) LIMIT 1000$/.exec(variables.q) ?? []
  const isOurs = variables.q.includes("service.name = 'checkout'") && variables.q.includes('RLIKE')
  const results = linesFor(isOurs, Number(from), Number(to)).map(({ seconds, text }) => ({
    timestamp: ONSET + seconds * 1000,
    message: text,
  }))
  return json({ data: { actor: { account: { nrql: { results } } } } })
}

const answerAws = ({ headers, body }: Seen): Response | null => {
  const target = headers.get('x-amz-target')
  const names = ['/ecs/checkout', '/ecs/checkout-worker', '/aws/lambda/prod-checkout']
  if (target === 'Logs_20140328.DescribeLogGroups') {
    const { logGroupNamePattern } = JSON.parse(body)
    return json({
      logGroups: names
        .filter((name) => name.includes(logGroupNamePattern))
        .map((logGroupName) => ({ logGroupName })),
    })
  }
  if (target !== 'Logs_20140328.FilterLogEvents') return null
  const { logGroupName, filterPattern, startTime, endTime, nextToken } = JSON.parse(body)
  if (logGroupName === '/ecs/checkout-worker')
    return json({ events: [{ timestamp: ONSET, message: 'ERROR' }] })
  // A first page that is empty and not the last.
  if (nextToken === undefined) return json({ events: [], nextToken: 'next' })
  const isOurs = logGroupName === '/ecs/checkout' && filterPattern.includes('?error ?ERROR ?Error')
  const events = linesFor(isOurs, startTime, endTime).map(({ seconds, text }) => ({
    timestamp: ONSET + seconds * 1000,
    message: text,
  }))
  return json({ events })
}

const answerGcp = ({ url, body }: Seen): Response | null => {
  if (url.pathname !== '/v2/entries:list') return null
  const { resourceNames, filter, pageSize } = JSON.parse(body)
  const isOurs =
    filter.includes('resource.labels.container_name="checkout"') &&
    filter.includes('severity>=ERROR') &&
    resourceNames[0] === 'projects/demo-project' &&
    pageSize === 1000
  const [, from = '', to = ''] = /timestamp>="([^"]+)" AND timestamp<="([^"]+)"/.exec(filter) ?? []
  const entries = linesFor(isOurs, Date.parse(from), Date.parse(to)).map(({ seconds, text }, index) => ({
    timestamp: iso(seconds),
    ...(index % 2 === 0 ? { textPayload: text } : { jsonPayload: { message: text } }),
  }))
  return json(entries.length === 0 ? {} : { entries })
}

const answerAzure = aLogAnalytics(({ query, from, to }) => {
  const isOurs =
    query.includes('(ContainerLogV2 | where ContainerName =~ "checkout" or PodName matches regex') &&
    query.includes('(ContainerAppConsoleLogs_CL | where ContainerAppName_s =~ "checkout"') &&
    query.includes('| where IsError or Line matches regex "(?i)(error|') &&
    query.endsWith('| top 1000 by TimeGenerated desc')
  const found = linesFor(isOurs, from, to).map(({ seconds, text }) => [iso(seconds), false, text])
  return [['TimeGenerated', 'IsError', 'Line'], ...found]
})

const vendors: readonly (readonly [Fake, (seen: Seen) => Response | null])[] = [
  [loki, answerLoki],
  [datadog, answerDatadog],
  [elasticsearch, answerElasticsearch],
  [splunk, answerSplunk],
  [newrelic, answerNewrelic],
  [aws, answerAws],
  [gcp, answerGcp],
  [azure, answerAzure],
]

describe('the error lines of services', () => {
  it.for(vendors.map(([fake, more]) => ({ id: fake.id, fake, more })))(
    'of $id are counted as templates, now and before',
    async ({ id, fake, more }, { expect }) => {
      const { ask, network } = await connectedTo(answering(fake, more))
      const answer = await ask(`${id}_service_logs`, { services: ['checkout', 'nobody'], onset })
      expect(answer).toEqual({
        status: 'success',
        output: {
          shape: 'service_logs',
          asked: ['checkout', 'nobody'],
          incident: [iso(-300), iso(900)],
          baseline: [iso(-1800), iso(-600)],
          failed: [],
          services: [
            {
              service: 'checkout',
              cut: false,
              templates: [
                {
                  id: expect.stringMatching(/^[0-9a-f]{12}$/),
                  template: TEMPLATE,
                  incident: 6,
                  baseline: 1,
                  since: iso(0),
                },
              ],
            },
          ],
        },
      })
      expect(network.strays).toEqual([])
    },
  )

  it('are none of a service that logs and has no errors, which is not the same as one that nobody knows', async ({
    expect,
  }) => {
    const quiet = answering(datadog, ({ method, body }) => {
      if (method !== 'POST') return null
      const { filter, page } = JSON.parse(body)
      const any = page.limit === 1 && filter.query === 'service:"a \\"b\\\\"'
      return json({ data: any ? [{ attributes: { timestamp: onset, message: 'all is well' } }] : [] })
    })
    const { ask } = await connectedTo(quiet)
    const { output } = await ask('datadog_service_logs', { services: ['a "b\\', 'nobody'], onset })
    expect(output.services).toEqual([{ service: 'a "b\\', cut: false, templates: [] }])
  })

  it('are those that could be read; only when none could, the call has failed', async ({ expect }) => {
    const half = answering(datadog, (seen) =>
      seen.body.includes('broken') ? json({ errors: ['no'] }, 400) : answerDatadog(seen),
    )
    const { ask } = await connectedTo(half)
    const { output } = await ask('datadog_service_logs', { services: ['broken', 'checkout'], onset })
    expect(output).toMatchObject({ failed: ['broken'], services: [{ service: 'checkout' }] })
    expect(await ask('datadog_service_logs', { services: ['broken'], onset })).toMatchObject({
      status: 'error',
    })
    await expect(ask('datadog_service_logs', { services: [], onset })).rejects.toThrow()
  })

  it('are asked of every account, and come from the one that knows the services', async ({ expect }) => {
    const region = (host: string): Fake => ({
      ...loki,
      hosts: [host],
      form: { good: { baseUrl: host, authType: 'none' }, refused: {} },
      answer: ({ url }) => {
        const path = url.pathname.replace('/loki/api/v1', '')
        if (path === '/labels') return json({ status: 'success', data: [] })
        const isHere = host.startsWith('us.')
        return path === '/series'
          ? json({ data: isHere ? [{ app: 'checkout' }] : [] })
          : json({ data: { result: [{ values: [[`${ONSET}000000`, '{"level":"error","msg":"lost"}']] }] } })
      },
    })
    const { ask, network, tools } = await connectedTo(region('eu.example.com'), region('us.example.com'))
    expect(tools.names.filter((name) => name === 'loki_service_logs')).toHaveLength(1)
    const { output } = await ask('loki_service_logs', { services: ['checkout'], onset })
    expect(output.services[0].templates).toMatchObject([{ template: 'ERROR lost' }])
    const named = { services: ['checkout'], onset, account: 'https://eu.example.com' }
    expect((await ask('loki_service_logs', named)).output.services).toEqual([])
    expect(network.strays).toEqual([])
  })
})
