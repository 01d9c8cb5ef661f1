import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { backgroundPorts } from '../../src/jobs/connectors'
import { sha256Hex } from '../../src/lib/hmac'
import { DAY } from '../../src/lib/time'
import { agentAddress } from '../../src/objects/agent-frames'
import { admitAgent } from '../../src/services/connectors/admit-agent'
import { runCommand } from '../../src/services/connectors/agent-command'
import { derivedClusterId } from '../../src/services/connectors/agent-token'
import { askVendor } from '../../src/services/connectors/operations'
import { liveConnections } from '../../src/store/connections'
import { openDirectory } from '../../src/store/directory'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { race } from '../support/rivals'
import { UNLIMITED } from '../support/routes'
import { dial, type Agent } from './agent-client'
import { databaseText, leaksIn } from './support'

const clientOf = (org: Pick<Org, 'token'>) => apiWith(UNLIMITED, bearer(org.token))

/** An organisation with a registered cluster. */
async function aCluster(body: object = { cluster_name: 'prod' }) {
  const org = await anOrg()
  const client = clientOf(org)
  const { body: issued } = await client.post('/api/kubectl/tokens', body)
  const token: string = issued.token
  const clusterId: string = issued.cluster_id
  const id: string = issued.id
  return { org, client, token, clusterId, id, db: openTenant(env.DB, org.orgId) }
}

type Cluster = Awaited<ReturnType<typeof aCluster>>

/** The same with its agent, which has introduced itself. */
async function aConnectedCluster(body?: object) {
  const cluster = await aCluster(body)
  return { ...cluster, agent: await arrive(cluster) }
}

async function arrive({ token, clusterId }: Pick<Cluster, 'token' | 'clusterId'>): Promise<Agent> {
  const agent = await dial(token, { cluster: clusterId })
  await agent.frame('connected')
  return agent
}

const stubOf = (clusterId: string) => env.CLUSTER_AGENT.getByName(clusterId)

const run = ({ db }: Pick<Cluster, 'db'>, clusterId: string, command: string, ms = 10_000) =>
  runCommand(db, backgroundPorts(env).clusterAgent, clusterId, command, ms)

const audited = async ({ org }: Pick<Cluster, 'org'>, event: string) => {
  const found = await env.DB.prepare('SELECT * FROM audit_log WHERE org_id = ? AND event = ? ORDER BY seq')
    .bind(org.orgId, event)
    .all<{ subject: string; after: string | null; actor: string }>()
  return found.results
}

describe('registering a cluster', () => {
  it('shows the token once and stores its hash alone', async ({ expect }) => {
    const org = await anOrg()
    const client = clientOf(org)
    const made = await client.post('/api/kubectl/tokens', { notes: 'eu-west', expires_days: 30 })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      success: true,
      id: expect.any(String),
      token: expect.stringMatching(/^aurora_kubectl_[\w-]{64}$/),
      cluster_id: await derivedClusterId(made.body.token),
      cluster_name: 'Unnamed Cluster',
      created_at: expect.any(String),
      expires_at: expect.any(String),
      message: expect.any(String),
    })
    const { token, id } = made.body
    const random = token.slice('aurora_kubectl_'.length)
    const listed = await client.get('/api/kubectl/tokens')
    expect(listed.body.tokens).toEqual([
      {
        id,
        cluster_name: 'Unnamed Cluster',
        cluster_id: made.body.cluster_id,
        created_at: made.body.created_at,
        last_connected_at: null,
        expires_at: made.body.expires_at,
        status: 'active',
        notes: 'eu-west',
        token_preview: `${random.slice(0, 4)}…${random.slice(-4)}`,
      },
    ])
    const stored = await databaseText()
    expect(leaksIn(listed.text + stored, [token, random])).toEqual([])
    expect(stored).toContain(await sha256Hex(token))
    expect(Date.parse(made.body.expires_at) - Date.parse(made.body.created_at)).toBe(30 * DAY)
  })

  it('works out the id of a cluster as the stock agent does', async ({ expect }) => {
    expect(await derivedClusterId(`aurora_kubectl_EXAMPLE${'0'.repeat(58)}`)).toBe('cluster-a9e8a4ea16a9df39')
  })

  it('is the only way in: there is no form and no login', async ({ expect }) => {
    const client = clientOf(await anOrg())
    const said = async (path: string) => (await client.post(`/api/connectors/kubectl/${path}`, {})).body.error
    expect(await said('connect')).toBe('There is no form: its agent dials in')
    expect(await said('authorize')).toBe('Kubernetes has no login')
  })

  it('names what is wrong, and is not for viewers', async ({ expect }) => {
    const org = await anOrg()
    const client = clientOf(org)
    for (const expires_days of [0, 3651, 1.5, 'x'])
      expect((await client.post('/api/kubectl/tokens', { expires_days })).body).toMatchObject({
        error: 'expires_days must be between 1 and 3650',
        code: 'validation_failed',
      })
    const viewer = clientOf(await org.member('viewer'))
    expect((await viewer.post('/api/kubectl/tokens', {})).status).toBe(403)
    expect((await viewer.get('/api/kubectl/tokens')).body).toEqual({ tokens: [] })
  })
})

describe('dialling in', () => {
  const closing = async (token: string | null, options = {}) => (await dial(token, options)).closed()

  it('is refused with a reason: no token, a malformed, an unknown one, another cluster', async ({
    expect,
  }) => {
    const { token } = await aCluster()
    const refused = (reason: string) => ({ code: 1008, reason })
    expect(await closing(null)).toEqual(refused('Missing Authorization header'))
    expect(await closing('aurora_kubectl_short')).toEqual(refused('Invalid token'))
    for (const path of ['/kubectl-agent', '/ws', '/'])
      expect(await closing(`aurora_kubectl_${'x'.repeat(64)}`, { path })).toEqual(refused('Invalid token'))
    expect(await closing(token, { cluster: 'cluster-0000000000000000' })).toEqual(
      refused('Cluster ID mismatch'),
    )
    expect((await apiWith(UNLIMITED).get('/kubectl-agent')).status).toBe(426)
  })

  it('is refused with a token that expired or was revoked', async ({ expect }) => {
    const cluster = await aCluster({ expires_days: 1 })
    await env.DB.prepare('UPDATE agent_tokens SET expires_at = 1 WHERE id = ?').bind(cluster.id).run()
    expect(await closing(cluster.token)).toEqual({ code: 1008, reason: 'Token expired' })
    expect((await cluster.client.get('/api/kubectl/tokens')).body.tokens[0].status).toBe('expired')
    expect((await cluster.client.delete(`/api/kubectl/tokens/${cluster.id}`)).body).toEqual({ success: true })
    expect(await closing(cluster.token)).toEqual({ code: 1008, reason: 'Token revoked' })
    expect((await cluster.client.get('/api/kubectl/tokens')).body.tokens[0].status).toBe('revoked')
  })

  it('never makes a session of an agent token', async ({ expect }) => {
    const { token } = await aCluster()
    expect((await apiWith(UNLIMITED, bearer(token)).get('/api/incidents')).status).toBe(401)
    expect((await apiWith(UNLIMITED, bearer(token)).get('/api/connectors')).status).toBe(401)
  })

  it('connects the cluster, on every path, and says so everywhere', async ({ expect }) => {
    const cluster = await aCluster()
    for (const path of ['/', '/ws', '/kubectl-agent']) {
      const agent = await dial(cluster.token, { path })
      expect(await agent.frame('connected')).toEqual({
        type: 'connected',
        cluster_id: cluster.clusterId,
        cluster_name: 'prod',
      })
      agent.send({
        type: 'register',
        cluster_id: cluster.clusterId,
        agent_version: '1.0.3',
        k8s_context: 'eu',
      })
      agent.send({ type: 'heartbeat', cluster_id: cluster.clusterId })
      await agent.frame('heartbeat_ack')
    }
    const listed = await cluster.client.get(`/api/kubectl/connections?cluster_id=${cluster.clusterId}`)
    expect(listed.body.connections).toEqual([
      {
        cluster_id: cluster.clusterId,
        cluster_name: 'prod',
        connected_at: expect.any(String),
        last_heartbeat: expect.any(String),
        agent_version: '1.0.3',
        status: 'active',
      },
    ])
    expect((await cluster.client.get('/api/connectors/kubectl/status')).body).toMatchObject({
      connected: true,
      connections: [
        {
          account_id: cluster.clusterId,
          account_name: 'prod',
          details: { agentVersion: '1.0.3', context: 'eu' },
        },
      ],
    })
    const overview = await cluster.client.get('/api/connectors/status')
    expect(overview.body.connectors.kubectl).toEqual({ connected: true, canExecute: true })
    expect(await audited(cluster, 'connector.connect')).toHaveLength(1)
    const other = await cluster.client.get('/api/kubectl/connections?cluster_id=cluster-1')
    expect(other.body).toEqual({ connections: [] })
    const byToken = await cluster.client.get(`/api/kubectl/connections?token=${cluster.token}`)
    expect(byToken.body.connections).toHaveLength(1)
    expect((await cluster.client.get('/api/kubectl/connections?token=x')).body).toEqual({ connections: [] })
  })

  it('ends for an agent that says it is another cluster, or sends too much', async ({ expect }) => {
    const { token, agent } = await aConnectedCluster()
    agent.send({ type: 'nonsense' })
    agent.send('{')
    agent.send({ type: 'heartbeat', cluster_id: 'cluster-0000000000000000' })
    expect(await agent.closed()).toEqual({ code: 1008, reason: 'Cluster ID mismatch' })
    const again = await dial(token)
    await again.frame('connected')
    again.send('x'.repeat(1024 * 1024 + 1))
    expect(await again.closed()).toEqual({ code: 1009, reason: 'Frame too large' })
  })
})

describe('a heartbeat', () => {
  it('is answered while the object sleeps, and its time is known afterwards', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const beat = JSON.stringify({ type: 'heartbeat', cluster_id: cluster.clusterId })
    cluster.agent.send(beat)
    await cluster.agent.frame('heartbeat_ack')
    await evictDurableObject(stubOf(cluster.clusterId))
    cluster.agent.send(beat)
    await cluster.agent.frame('heartbeat_ack', 2)
    await runInDurableObject(stubOf(cluster.clusterId), (_, state) => {
      const [socket] = state.getWebSockets()
      // Only the answer given in its sleep is left to tell that it is alive.
      const seat = socket?.deserializeAttachment()
      socket?.serializeAttachment({ ...seat, seenAt: 0 })
    })
    const { body } = await cluster.client.get('/api/kubectl/connections')
    expect(body.connections[0].status).toBe('active')
  })

  it('that is missing for three minutes makes a cluster stale, and reading writes nothing', async ({
    expect,
  }) => {
    const cluster = await aConnectedCluster()
    await runInDurableObject(stubOf(cluster.clusterId), (_, state) => {
      const [socket] = state.getWebSockets()
      const seat = socket?.deserializeAttachment()
      socket?.serializeAttachment({ ...seat, seenAt: Date.now() - 181_000 })
    })
    const before = await databaseText()
    const { body } = await cluster.client.get('/api/kubectl/connections')
    expect(body.connections[0].status).toBe('stale')
    const overview = await cluster.client.get('/api/connectors/status')
    expect(overview.body.connectors.kubectl).toEqual({ connected: true, canExecute: false })
    expect(await databaseText()).toBe(before)
    expect(await run(cluster, cluster.clusterId, 'get pods -n shop')).toEqual({ kind: 'no_agent' })
  })
})

const POD = {
  kind: 'Pod',
  metadata: {
    name: 'checkout-1',
    namespace: 'shop',
    ownerReferences: [{ kind: 'ReplicaSet', name: 'checkout' }],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'api',
        image: 'shop/checkout:1042',
        env: [{ name: 'DB_PASSWORD', value: 'hunter2' }],
        resources: { limits: { memory: '256Mi' } },
      },
    ],
  },
  status: {
    phase: 'Running',
    startTime: '2026-01-01T10:00:00Z',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
    containerStatuses: [
      {
        name: 'api',
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-01T10:05:00Z' } },
      },
    ],
  },
}
const CALM = { metadata: { name: 'a-calm', namespace: 'shop' }, spec: {}, status: { phase: 'Running' } }

describe('a question', () => {
  const asking = async () => {
    const cluster = await aConnectedCluster()
    const [row] = await liveConnections(cluster.db, 'kubectl')
    if (row === undefined) throw new Error('not connected')
    const ports = backgroundPorts(env)
    return { ...cluster, ask: (name: string, args: object) => askVendor(cluster.db, ports, row, name, args) }
  }

  it('reaches the agent as a command, and its answer comes back without what people hide in it', async ({
    expect,
  }) => {
    const { agent, ask, ...cluster } = await asking()
    agent.replies(() => ({ output: { kind: 'List', items: [CALM, POD] } }))
    const outcome = await ask('list_pods', { namespace: 'shop', labelSelector: 'app=checkout' })
    expect(agent.commands).toEqual(['get pods -n shop -l app=checkout -o json'])
    expect(outcome).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          total: 2,
          truncated: false,
          items: [
            {
              name: 'checkout-1',
              ready: '0/1',
              restarts: 4,
              owner: 'ReplicaSet/checkout',
              containers: [
                {
                  image: 'shop/checkout:1042',
                  limits: { memory: '256Mi' },
                  state: 'waiting',
                  stateReason: 'CrashLoopBackOff',
                  lastEnd: { reason: 'OOMKilled', exitCode: 137 },
                },
              ],
            },
            { name: 'a-calm' },
          ],
        },
      },
    })
    expect(JSON.stringify(outcome)).not.toContain('hunter2')
    expect(await audited(cluster, 'agent.command')).toMatchObject([
      { subject: cluster.clusterId, actor: 'system', after: expect.stringContaining('get pods -n shop') },
    ])
  })

  it('of every kind has its command', async ({ expect }) => {
    const { agent, ask } = await asking()
    const sent = async (name: string, args: object, output: unknown = { items: [] }) => {
      agent.replies(() => ({ output }))
      agent.commands.length = 0
      const outcome = await ask(name, args)
      return [outcome.kind, ...agent.commands.toSorted()]
    }
    expect(await sent('list_namespaces', {})).toEqual(['ok', 'get namespaces -o json'])
    expect(await sent('list_pods', {})).toEqual(['ok', 'get pods -A -o json'])
    expect(await sent('get_pod', { namespace: 'shop', pod: 'checkout-1' }, POD)).toEqual([
      'ok',
      'get pods checkout-1 -n shop -o json',
    ])
    expect(
      await sent('pod_logs', { namespace: 'shop', pod: 'p', container: 'api', previous: true }, 'boom'),
    ).toEqual(['ok', 'logs p -n shop -c api --tail=300 --since=1800s --previous'])
    expect(await sent('list_events', { namespace: 'shop', object: 'p', type: 'Warning' })).toEqual([
      'ok',
      'get events -n shop --field-selector=involvedObject.name=p,type=Warning -o json',
    ])
    expect(await sent('list_workloads', { kind: 'replicaset', namespace: 'shop' })).toEqual([
      'ok',
      'get replicasets -n shop -o json',
    ])
    expect(
      await sent('get_workload', { namespace: 'shop', name: 'checkout' }, { ...POD, kind: 'Deployment' }),
    ).toEqual(['ok', 'get deployments checkout -n shop -o json'])
    expect(await sent('top_pods', { namespace: 'shop' }, 'p api 120m 64Mi')).toEqual([
      'ok',
      'top pods -n shop --containers --no-headers',
    ])
    expect(await sent('top_nodes', {}, 'n1 1200m 60% 2048Mi 50%')).toEqual(['ok', 'top nodes --no-headers'])
    expect(await sent('list_nodes', {})).toEqual(['ok', 'get nodes -o json'])
    expect(await sent('list_autoscalers', { namespace: 'shop' })).toEqual([
      'ok',
      'get horizontalpodautoscalers -n shop -o json',
    ])
    expect(
      await sent(
        'describe',
        { kind: 'node', name: 'n1' },
        { metadata: { name: 'n1' }, spec: {}, status: {}, items: [] },
      ),
    ).toEqual(['ok', 'get events -A --field-selector=involvedObject.name=n1 -o json', 'get nodes n1 -o json'])
  })

  it('that could mean anything else is not sent', async ({ expect }) => {
    const { agent, ask } = await asking()
    const kinds = await Promise.all([
      ask('list_pods', { namespace: 'kube-system -o yaml' }),
      ask('get_pod', { namespace: 'shop', pod: '../secrets/x' }),
      ask('get_pod', { namespace: 'shop', pod: '--raw=/api' }),
      ask('list_pods', { labelSelector: 'app in (a,b)' }),
      ask('describe', { kind: 'secret', namespace: 'shop', name: 'x' }),
      ask('describe', { kind: 'pod', name: 'x' }),
      ask('pod_logs', { namespace: 'shop', pod: 'p', tailLines: 501 }),
      ask('list_pods', { cluster: 'other' }),
    ])
    expect(kinds.map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => 'invalid_arguments'))
    expect(agent.commands).toEqual([])
  })

  it('is answered by what the cluster says no to', async ({ expect }) => {
    const { agent, ask } = await asking()
    const saying = async (error: string) => {
      agent.replies(() => ({ error }))
      return (await ask('list_pods', {})).kind
    }
    expect(await saying('Error from server (NotFound): pods "x" not found')).toBe('not_found')
    expect(await saying('Error from server (Forbidden): pods is forbidden')).toBe('insufficient_permission')
    expect(await saying('Error from server (BadRequest): bad selector')).toBe('invalid_arguments')
    expect(await saying('something else')).toBe('vendor_error')
    agent.replies(() => ({ output: 'no json' }))
    expect((await ask('list_pods', {})).kind).toBe('vendor_error')
    agent.replies(() => ({ output: `{"items": [${'"x",'.repeat(80_000)}` }))
    expect(await ask('list_pods', {})).toMatchObject({
      kind: 'invalid_arguments',
      message: expect.stringContaining('too large'),
    })
  })

  it('over the API lists the namespaces, a page at a time, and keeps the choice', async ({ expect }) => {
    const { client, agent } = await asking()
    const items = Array.from({ length: 130 }, (_, i) => ({
      metadata: { name: `team-${i}` },
      status: { phase: 'Active' },
    }))
    agent.replies(() => ({ output: { items } }))
    const first = await client.get('/api/connectors/kubectl/resources')
    expect([first.body.resources.length, first.body.next_cursor]).toEqual([100, '100'])
    expect(first.body.resources[0]).toMatchObject({
      id: 'team-0',
      type: 'namespace',
      details: { phase: 'Active' },
    })
    const second = await client.get('/api/connectors/kubectl/resources?cursor=100')
    expect([second.body.resources.length, second.body.next_cursor]).toEqual([30, null])
    agent.replies(() => ({ output: { serverVersion: { gitVersion: 'v1.33.1' } } }))
    const status = await client.get('/api/connectors/kubectl/status?validate=true')
    expect(status.body.connections[0].details).toMatchObject({ serverVersion: 'v1.33.1' })
  })
})

describe('an agent that goes away', () => {
  it('in the middle of a command leaves nobody waiting', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const waiting = run(cluster, cluster.clusterId, 'get pods -n shop')
    await cluster.agent.frame('kubectl_command')
    cluster.agent.socket.close(1001)
    expect(await waiting).toEqual({ kind: 'agent_gone' })
    expect(await run(cluster, cluster.clusterId, 'get pods -n shop')).toEqual({ kind: 'no_agent' })
    const gone = () =>
      env.DB.prepare('SELECT disconnected_at FROM agent_connections WHERE cluster_id = ?')
        .bind(cluster.clusterId)
        .first<number>('disconnected_at')
    await vi.waitUntil(gone)
    const { body } = await cluster.client.get('/api/kubectl/connections')
    expect(body.connections[0].status).toBe('stale')
  })

  it('without answering is given up on, and a late answer disturbs nobody', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    expect(await run(cluster, cluster.clusterId, 'get pods -n shop', 20)).toEqual({ kind: 'timeout' })
    const late = await cluster.agent.frame('kubectl_command')
    expect(late).toMatchObject({ command: 'get pods -n shop', timeout: 1 })
    const next = run(cluster, cluster.clusterId, 'get pods -n web')
    const { command_id } = await cluster.agent.frame('kubectl_command', 2)
    cluster.agent.answer(late.command_id, { output: 'late' })
    cluster.agent.answer('somebody-else', { output: 'foreign' })
    cluster.agent.answer(command_id, { output: 'x'.repeat(300 * 1024) })
    expect(await next).toMatchObject({ kind: 'answer', success: true, truncated: true, returnCode: 0 })
  })

  it('because another one took its place hands over at once', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const waiting = run(cluster, cluster.clusterId, 'get pods -n shop')
    await cluster.agent.frame('kubectl_command')
    const second = await arrive(cluster)
    expect(await cluster.agent.closed()).toEqual({ code: 4001, reason: 'Replaced by a newer connection' })
    expect(await waiting).toEqual({ kind: 'agent_gone' })
    second.replies(() => ({ output: 'second' }))
    expect(await run(cluster, cluster.clusterId, 'get pods -n shop')).toMatchObject({ output: 'second' })
    expect(second.isOpen()).toBe(true)
  })

  it('is not given more than it can carry', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const many = Array.from({ length: 17 }, () => stubOf(cluster.clusterId).run('get pods -n shop', 10_000))
    expect(await Promise.race(many)).toEqual({ kind: 'busy' })
    cluster.agent.socket.close(1000)
    const outcomes = await Promise.all(many)
    expect(outcomes.filter(({ kind }) => kind === 'agent_gone')).toHaveLength(16)
  })
})

describe('a stranger', () => {
  it('has no agent in the cluster of another organisation', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const stranger = await aCluster()
    expect(await run(stranger, cluster.clusterId, 'get pods -n shop')).toEqual({ kind: 'no_agent' })
    expect(cluster.agent.commands).toEqual([])
    expect((await stranger.client.get('/api/kubectl/connections')).body).toEqual({ connections: [] })
    const gone = await stranger.client.delete(`/api/kubectl/connections/${cluster.clusterId}`)
    expect([gone.status, gone.body.error]).toEqual([403, 'Cluster not found or unauthorized'])
    expect((await stranger.client.delete(`/api/kubectl/tokens/${cluster.id}`)).status).toBe(404)
    const byToken = await stranger.client.get(`/api/kubectl/connections?token=${cluster.token}`)
    expect(byToken.body).toEqual({ connections: [] })
    expect(cluster.agent.isOpen()).toBe(true)
  })
})

describe('a token', () => {
  it('that is revoked closes the socket and ends the connection', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const waiting = run(cluster, cluster.clusterId, 'get pods -n shop')
    await cluster.agent.frame('kubectl_command')
    for (const _ of [1, 2])
      expect((await cluster.client.delete(`/api/kubectl/tokens/${cluster.id}`)).body).toEqual({
        success: true,
      })
    expect(await cluster.agent.closed()).toEqual({ code: 1008, reason: 'Token revoked' })
    expect(await waiting).toEqual({ kind: 'agent_gone' })
    expect((await cluster.client.get('/api/connectors/kubectl/status')).body).toMatchObject({
      connected: false,
      connections: [],
    })
    expect((await cluster.client.get('/api/kubectl/connections')).body).toEqual({ connections: [] })
    expect(await audited(cluster, 'agent.token_revoked')).toHaveLength(1)
    expect(await run(cluster, cluster.clusterId, 'get pods -n shop')).toEqual({ kind: 'no_agent' })
  })

  it('that is revoked while its agent comes in leaves it outside', async ({ expect }) => {
    const cluster = await aCluster()
    const admission = await admitAgent(
      openDirectory(env.DB),
      `Bearer ${cluster.token}`,
      undefined,
      Date.now(),
    )
    if (!admission.ok) throw new Error(admission.reason)
    const stub = stubOf(cluster.clusterId)
    const dialIn = () =>
      stub.fetch(agentAddress(admission.agent, Date.now()), { headers: { upgrade: 'websocket' } })
    const opening = dialIn()
    await stub.end('Token revoked')
    expect((await opening).status).toBe(403)
    await cluster.client.delete(`/api/kubectl/tokens/${cluster.id}`)
    expect((await dialIn()).status).toBe(403)
    expect(await stub.state()).toBeNull()
  })

  it('ends with its cluster, by either way of disconnecting', async ({ expect }) => {
    const first = await aConnectedCluster()
    const removed = await first.client.delete(`/api/kubectl/connections/${first.clusterId}`)
    expect(removed.body).toEqual({
      cluster_name: 'prod',
      delete_command: 'helm uninstall aurora-kubectl-agent -n <your-namespace>',
      message: 'Token revoked successfully',
    })
    expect((await first.agent.closed())?.reason).toBe('Token revoked')
    const second = await aConnectedCluster()
    const ended = await second.client.post('/api/connectors/kubectl/disconnect', {})
    expect(ended.body).toMatchObject({ disconnected: [second.clusterId], revocation: 'revoked' })
    expect((await second.agent.closed())?.reason).toBe('Token revoked')
    expect((await (await dial(second.token)).closed())?.reason).toBe('Token revoked')
  })

  it('that is rotated keeps its agent going until the new one is used', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const rotated = await cluster.client.post(`/api/kubectl/tokens/${cluster.id}/rotate`, {})
    expect(rotated.body).toMatchObject({ id: cluster.id, cluster_id: cluster.clusterId })
    const fresh: string = rotated.body.token
    expect(leaksIn(await databaseText(), [fresh])).toEqual([])
    const old = await arrive(cluster)
    // The stock agent works the cluster's id out of whatever token it has.
    const stock = await derivedClusterId(fresh)
    const agent = await dial(fresh, { cluster: stock })
    expect(await agent.frame('connected')).toMatchObject({ cluster_id: cluster.clusterId })
    expect((await old.closed())?.code).toBe(4001)
    agent.send({ type: 'heartbeat', cluster_id: stock })
    await agent.frame('heartbeat_ack')
    expect((await (await dial(cluster.token)).closed())?.reason).toBe('Invalid token')
    expect(agent.isOpen()).toBe(true)
  })

  it('that is rotated at once ends at once, and a day later in any case', async ({ expect }) => {
    const cluster = await aConnectedCluster()
    const path = `/api/kubectl/tokens/${cluster.id}/rotate`
    const { body } = await cluster.client.post(path, { immediately: true })
    expect((await cluster.agent.closed())?.reason).toBe('Token revoked')
    expect((await (await dial(cluster.token)).closed())?.reason).toBe('Invalid token')
    const token: string = body.token
    await cluster.client.post(path, {})
    await arrive({ token, clusterId: cluster.clusterId })
    await env.DB.prepare('UPDATE agent_tokens SET previous_until = 1 WHERE id = ?').bind(cluster.id).run()
    expect((await (await dial(token)).closed())?.reason).toBe('Token expired')
    await cluster.client.delete(`/api/kubectl/tokens/${cluster.id}`)
    expect((await cluster.client.post(path, {})).status).toBe(409)
  })

  it('that two people rotate or revoke at once has one new text, and one end', async ({ expect }) => {
    const cluster = await aCluster()
    const both = (method: string, path: string) =>
      race(
        [1, 2].map(
          () => (DB: D1Database) =>
            apiWith({ ...UNLIMITED, DB }, bearer(cluster.org.token)).call(
              method,
              `/api/kubectl/tokens/${cluster.id}${path}`,
              {},
            ),
        ),
      )
    const rotated = await both('POST', '/rotate')
    expect(rotated.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const winner = rotated.find(({ status }) => status === 200)
    await arrive({ token: winner?.body.token, clusterId: cluster.clusterId })
    const revoked = await both('DELETE', '')
    expect(revoked.map(({ status }) => status)).toEqual([200, 200])
    expect(await audited(cluster, 'agent.token_revoked')).toHaveLength(1)
  })

  it('closes the socket on the day it ends', async ({ expect }) => {
    const cluster = await aConnectedCluster({ expires_days: 1 })
    await runInDurableObject(stubOf(cluster.clusterId), (_, state) => {
      const [socket] = state.getWebSockets()
      const seat = socket?.deserializeAttachment()
      socket?.serializeAttachment({ ...seat, expiresAt: Date.now() - 1 })
    })
    expect(await runDurableObjectAlarm(stubOf(cluster.clusterId))).toBe(true)
    expect(await cluster.agent.closed()).toEqual({ code: 1008, reason: 'Token expired' })
  })
})
