import { env } from 'cloudflare:workers'
import { afterEach, describe, it, vi } from 'vitest'
import { readingPorts } from '../../src/services/connectors/ports'
import { toolboxOf } from '../../src/services/runs/connected-tools'
import { openTenant } from '../../src/store/tenant-db'
import { json, type Fake, type Seen } from '../connectors/fakes/fake'
import { plugIn } from '../connectors/fakes/network'
import { at } from '../support/alerts'
import { carryOut } from '../support/executor'
import { aMember } from '../support/org'
import { anOutage, leavings, STARTS } from '../support/outage'

afterEach(() => {
  vi.restoreAllMocks()
})

/** A Prometheus that knows the latency of some services: usual before the outage, tenfold after it. */
function aPrometheus(slow: readonly string[]): Fake {
  const answer = ({ url }: Seen) => {
    if (url.pathname === '/api/v1/series')
      return json({
        status: 'success',
        data: ['checkout', 'web', 'db'].map((service) => ({ __name__: 'latency_seconds', service })),
      })
    if (url.pathname !== '/api/v1/query_range')
      return json({ status: 'success', data: { resultType: 'vector', result: [] } })
    const [from, to] = ['start', 'end'].map((name) => Number(url.searchParams.get(name)))
    const asked = url.searchParams.get('query') ?? ''
    const result = ['checkout', 'web', 'db']
      .filter((service) => asked.includes(service))
      .map((service) => ({
        metric: { service },
        values: Array.from({ length: Math.floor(((to ?? 0) - (from ?? 0)) / 60) + 1 }, (_, index) => {
          const time = (from ?? 0) + index * 60
          return [time, slow.includes(service) && time * 1000 >= at(-60) ? '2' : '0.2']
        }),
      }))
    return json({ status: 'success', data: { resultType: 'matrix', result } })
  }
  return {
    id: 'prometheus',
    hosts: ['prometheus.example.com'],
    form: null,
    secrets: [],
    accountId: '',
    resources: null,
    revocation: 'unsupported',
    answer,
  }
}

async function connected(prometheus: Fake, further: readonly string[] = []) {
  const outage = await anOutage()
  const hosts = [...prometheus.hosts, ...further.map((url) => new URL(url).host)]
  const network = plugIn([{ ...prometheus, hosts }])
  const admin = await aMember(outage.org.orgId, 'admin')
  for (const baseUrl of ['https://prometheus.example.com', ...further]) {
    const { status } = await admin.post('/api/connectors/prometheus/connect', { baseUrl, authType: 'none' })
    if (status !== 200) throw new Error('not connected')
  }
  await env.DB.prepare(
    "INSERT INTO service_edges (org_id, from_service, to_service) VALUES (?1, 'checkout', 'db')",
  )
    .bind(outage.org.orgId)
    .run()
  const tools = await toolboxOf(openTenant(env.DB, outage.org.orgId), readingPorts(env, env))
  return { ...outage, network, tools }
}

describe('an investigation with a metrics source', () => {
  it('walks to the service that is slow, and cites the numbers', async ({ expect }) => {
    const { org, run, tools, network } = await connected(aPrometheus(['checkout', 'web', 'db']))
    await carryOut(run, { startsAt: STARTS, tools })
    const { evidence, incident } = await leavings(org)
    const metrics = evidence.filter(({ tool }: { tool: string }) => tool === 'prometheus_service_metrics')
    expect(metrics).toHaveLength(1)
    expect(metrics[0]).toMatchObject({ status: 'success', cited: 1 })
    expect(incident[0].run_summary).toMatch(/latency_seconds|db/)
    const [stored] = await org.rows<{ claims: string }>(
      "SELECT claims FROM runs WHERE org_id = ? AND kind = 'investigation'",
    )
    expect(JSON.parse(stored?.claims ?? '').candidates[0].service).toBe('db')
    expect(network.strays).toEqual([])
  })

  it('concludes from the rest when the source is down, and says so', async ({ expect }) => {
    const { org, run, tools, network } = await connected(aPrometheus([]))
    network.trouble = 'error'
    await carryOut(run, { startsAt: STARTS, tools })
    const { evidence, incident, runs } = await leavings(org)
    expect(runs).toMatchObject([{ state: 'succeeded', verdict: 'confirmed' }])
    expect(
      evidence.find(({ tool }: { tool: string }) => tool === 'prometheus_service_metrics'),
    ).toMatchObject({
      status: 'error',
    })
    expect(incident[0].run_summary).toMatch(/## Not Checked[\s\S]*prometheus/i)
  })
})

describe('the tools of a run', () => {
  it('are our own without connections, and every operation of those there are', async ({ expect }) => {
    const { tools } = await connected(aPrometheus([]))
    expect(tools.names).toContain('alert_timeline')
    expect(tools.names).toContain('prometheus_query_range')
    expect(tools.isExternal('prometheus_query_range')).toBe(true)
    expect(tools.isExternal('alert_timeline')).toBe(false)
    expect(Object.keys(tools.offered(['prometheus_query']))).toEqual(['prometheus_query'])
    const alone = await anOutage()
    const own = await toolboxOf(openTenant(env.DB, alone.org.orgId), readingPorts(env, env))
    expect(own.names).not.toContain('prometheus_query')
  })

  it('ask the account that is named, and no other', async ({ expect }) => {
    const west = 'https://prometheus-west.example.com'
    const { tools, network } = await connected(aPrometheus([]), [west])
    const [schema] = Object.values(tools.offered(['prometheus_query'])).map(
      (tool) => Object(tool.inputSchema).jsonSchema.properties.account.enum,
    )
    expect(schema).toHaveLength(2)
    expect(schema).toContain(west)
    const context = { reads: Object(null), now: STARTS, evidence: [], given: [] }
    const asked = async (args: object) => {
      const outcome = await tools.run('prometheus_query', { query: 'up', ...args }, context)
      if (outcome.kind === 'refused') throw new Error(outcome.message)
      return [network.seen.at(-1)?.url.origin, outcome.result.command]
    }
    expect(await asked({ account: west })).toEqual([west, `prometheus_query query=up account=${west}`])
    for (const account of schema) expect((await asked({ account }))[0]).toBe(account)
    expect(schema).toContain((await asked({}))[0])
    expect(network.strays).toEqual([])
  })

  it('refuse what does not fit before anything is sent', async ({ expect }) => {
    const { tools, network } = await connected(aPrometheus([]))
    const before = network.seen.length
    const context = { reads: Object(null), now: STARTS, evidence: [], given: [] }
    expect(await tools.run('prometheus_query', { query: 5 }, context)).toMatchObject({ kind: 'refused' })
    expect(await tools.run('prometheus_query', { query: 'up', account: 'x' }, context)).toMatchObject({
      kind: 'refused',
    })
    expect(network.seen.length).toBe(before)
  })
})
