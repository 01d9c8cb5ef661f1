import { env } from 'cloudflare:workers'
import { afterEach, describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { readingPorts } from '../../src/services/connectors/ports'
import { toolboxOf } from '../../src/services/runs/connected-tools'
import { openTenant } from '../../src/store/tenant-db'
import { answering } from '../connectors/fakes/answering'
import { json, type Fake, type Seen } from '../connectors/fakes/fake'
import { gitlab } from '../connectors/fakes/gitlab'
import { kubeconfig } from '../connectors/fakes/kubeconfig'
import { loki } from '../connectors/fakes/loki'
import { plugIn } from '../connectors/fakes/network'
import { aCorrelation, at } from '../support/alerts'
import { carryOut } from '../support/executor'
import { aMember } from '../support/org'
import { leavings } from '../support/outage'

afterEach(() => {
  vi.restoreAllMocks()
})

const STARTS = at(300)

interface Outage {
  /** In the order in which they alert, a minute apart. */
  readonly alerting: readonly string[]
  readonly edges: readonly (readonly [string, string])[]
  readonly deployed?: { readonly service: string; readonly repository: string; readonly commit: string }
}

/** Carries out the investigation of an outage in an organisation that is connected to these vendors. */
async function investigated({ alerting, edges, deployed }: Outage, fakes: readonly Fake[]) {
  const org = await aCorrelation()
  const network = plugIn(fakes)
  const admin = await aMember(org.orgId, 'admin')
  for (const { id, form } of fakes) {
    const { status } = await admin.post(`/api/connectors/${id}/connect`, form?.good ?? {})
    if (status !== 200) throw new Error(`${id} is not connected`)
  }
  const statements = edges.map(([from, to]) =>
    env.DB.prepare('INSERT INTO service_edges (org_id, from_service, to_service) VALUES (?1, ?2, ?3)').bind(
      org.orgId,
      from,
      to,
    ),
  )
  if (deployed !== undefined)
    statements.push(
      env.DB.prepare(
        `INSERT INTO change_events (id, org_id, integration_id, kind, provider, job, build, title, service, environment, result, "commit", repository, finished_at, created_at)
        VALUES (?1, ?2, 'api', 'deployment', 'ci', 'deploy', '7', 'Deploy 7', ?3, 'production', 'SUCCESS', ?4, ?5, ?6, ?6)`,
      ).bind(newId(), org.orgId, deployed.service, deployed.commit, deployed.repository, at(-240)),
    )
  if (statements.length > 0) await env.DB.batch(statements)
  const runs = []
  for (const [index, service] of alerting.entries()) {
    const title = `Error rate high on ${service}`
    const { runIds } = await org.send({ dedupKey: service, service, title, eventTime: at(index * 60) })
    runs.push(...runIds)
  }
  const [run] = runs
  const { chat_session_id: sessionId } = await org.one<{ chat_session_id: string }>(
    'SELECT chat_session_id FROM incidents WHERE org_id = ?',
  )
  const tools = await toolboxOf(openTenant(env.DB, org.orgId), readingPorts(env, env))
  await carryOut({ orgId: org.orgId, runId: run?.id ?? '', sessionId }, { startsAt: STARTS, tools })
  const left = await leavings(org)
  const found = await org.one<{ claims: string; mechanism: string; service: string }>(
    "SELECT claims, mechanism, root_cause_service AS service FROM runs WHERE org_id = ? AND kind = 'investigation'",
  )
  const summary: string = left.incident[0].run_summary
  const thoughts: string = left.thoughts.map(({ content }: { content: string }) => content).join('\n')
  const cited: readonly string[] = left.evidence
    .filter(({ cited }: { cited: number }) => cited === 1)
    .map(({ tool }: { tool: string }) => tool)
  return { ...left, summary, thoughts, cited, found, network }
}

/** A Loki in which `orders-db` has run out of connections, and its callers say that they wait for it. */
const exhausted = answering(loki, ({ url }: Seen) => {
  const path = url.pathname.replace('/prefix/loki/api/v1', '')
  if (path === '/series')
    return json({ status: 'success', data: ['web', 'cart', 'orders-db'].map((app) => ({ app })) })
  if (path !== '/query_range') return null
  const query = url.searchParams.get('query') ?? ''
  const isLate = Number(url.searchParams.get('end')) / 1e6 > at(0)
  const count = query.includes('orders-db') && isLate ? 30 : 0
  const values = Array.from({ length: count }, (_, index) => [
    `${at(index)}000000`,
    `ERROR pool exhausted: ${index}/50 connections`,
  ])
  return json({ status: 'success', data: { result: [{ stream: {}, values }] } })
})

/** A cluster in which a container of `checkout` was killed for its memory. */
const killed = answering(kubeconfig, ({ url }: Seen) => {
  if (!/\/(?:pods|events|deployments)$/.test(url.pathname)) return null
  const ended = { reason: 'OOMKilled', exitCode: 137, finishedAt: new Date(at(-20)).toISOString() }
  const pod = {
    metadata: { name: 'checkout-7d9f8b6c5-x2x4z', namespace: 'shop' },
    spec: { containers: [{ name: 'main' }] },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'main', restartCount: 3, lastState: { terminated: ended } }],
    },
  }
  return json({ items: url.pathname.endsWith('/pods') ? [pod] : [] })
})

/** A GitLab that knows what went out with a commit. */
const hosting = answering(gitlab, ({ url }: Seen) => {
  const path = decodeURIComponent(url.pathname)
  if (path.endsWith('/deployments'))
    return json([
      { sha: 'b2b2b2b2b2b2b2', created_at: new Date(at(-300)).toISOString() },
      { sha: 'a1a1a1a1a1a1a1', created_at: new Date(at(-90_000)).toISOString() },
    ])
  const commit = { id: 'b2b2b2b2b2b2b2', title: 'Shrink the pool', author_name: 'Dana', created_at: STARTED }
  return path.endsWith('/compare') ? json({ commits: [commit] }) : null
})
const STARTED = '2026-03-01T09:00:00.000Z'

describe('an investigation', () => {
  it('is decided by logs: the database that nobody measures has run out of connections', async ({
    expect,
  }) => {
    const { found, summary, thoughts, cited, network } = await investigated(
      {
        alerting: ['web', 'cart'],
        edges: [
          ['web', 'cart'],
          ['web', 'orders-db'],
          ['cart', 'orders-db'],
        ],
      },
      [exhausted],
    )
    expect(found).toMatchObject({ mechanism: 'pool_exhaustion', service: 'orders-db' })
    expect(summary).toContain('`pool exhausted`')
    expect(summary).toContain(
      'orders-db logs `ERROR pool exhausted: <n>/<n> connections` 30 times, against 0 before.',
    )
    expect(summary).not.toContain('no log source')
    expect(thoughts).toContain('Next I look at')
    expect(thoughts).toContain('which errors are new in the logs')
    expect(thoughts).toContain('30 times, against 0 before, from 10:00:00 UTC on.')
    expect(cited).toContain('loki_service_logs')
    expect(network.strays).toEqual([])
  })

  it('is decided by the platform: the service was killed for its memory', async ({ expect }) => {
    const { found, summary, thoughts, cited } = await investigated(
      { alerting: ['checkout', 'web'], edges: [['web', 'checkout']] },
      [killed],
    )
    expect(found).toMatchObject({ mechanism: 'out_of_memory', service: 'checkout' })
    expect(summary).toContain('checkout ran out of memory: its evidence says `OOMKilled`')
    expect(thoughts).toContain('Of checkout: Pod shop/checkout-7d9f8b6c5-x2x4z')
    expect(cited).toContain('kubernetes_service_events')
  })

  it('tells which commits went out with the change, and calls none of them a cause', async ({ expect }) => {
    const { found, summary, cited } = await investigated(
      {
        alerting: ['checkout', 'web'],
        edges: [['web', 'checkout']],
        deployed: { service: 'checkout', repository: 'acme/checkout', commit: 'b2b2b2b2b2b2b2' },
      },
      [hosting],
    )
    expect(found).toMatchObject({ mechanism: 'bad_change', service: 'checkout' })
    expect(summary).toMatch(
      /One commit of acme\/checkout went out with deployment `deploy#7` of checkout: `b2b2b2b2b2b2` Shrink the pool by Dana\. \[\d+, \d+\]/,
    )
    expect(cited).toContain('gitlab_service_commits')
    const causes = JSON.parse(found.claims).claims.filter(
      ({ section }: { section: string }) => section === 'root_cause',
    )
    expect(causes).not.toHaveLength(0)
    expect(JSON.stringify(causes)).not.toContain('Shrink')
  })

  it('says which sources failed or knew nothing, and asks the next one of their kind', async ({ expect }) => {
    const silent = answering(loki, ({ url }) =>
      url.pathname.endsWith('/series') ? json({ status: 'success', data: [] }) : null,
    )
    const closed = answering(kubeconfig, ({ url }) =>
      /pods|events|deployments/.test(url.pathname) ? json({}, 403) : null,
    )
    const { summary, evidence } = await investigated({ alerting: ['checkout'], edges: [] }, [silent, closed])
    const called = evidence.map(({ tool }: { tool: string }) => tool)
    expect(called.filter((tool: string) => tool === 'loki_service_logs')).toHaveLength(1)
    const notChecked = summary.slice(summary.indexOf('## Not Checked'))
    expect(notChecked).toContain(
      '- Logs: loki_service_logs found nothing about the services it was asked for.',
    )
    expect(notChecked).toContain('- Platform: kubernetes_service_events failed (forbidden).')
    expect(notChecked).toContain('- Metrics: no metrics source is connected.')
  })
})
