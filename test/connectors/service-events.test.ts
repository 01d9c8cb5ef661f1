import { afterEach, describe, it, vi } from 'vitest'
import { findConnector } from '../../src/connectors'
import { commandProblem } from '../../src/connectors/kubernetes/command-policy'
import { answering, connectedTo } from './fakes/answering'
import { json, type Seen } from './fakes/fake'
import { kubeconfig } from './fakes/kubeconfig'
import { sentry } from './fakes/sentry'

afterEach(() => {
  vi.restoreAllMocks()
})

const ONSET = Date.parse('2026-01-01T10:02:30.000Z')
const onset = new Date(ONSET).toISOString()
const iso = (seconds: number): string => new Date(ONSET + seconds * 1000).toISOString()

interface Container {
  readonly endedAt?: number
  readonly reason?: string
  readonly exitCode?: number
  readonly waits?: string
}

function pod(name: string, labels: object, { endedAt, reason, exitCode, waits }: Container = {}) {
  const ended = { terminated: { reason, exitCode, finishedAt: iso(endedAt ?? 0) } }
  return {
    metadata: { name, namespace: 'shop', labels, ownerReferences: [{ kind: 'ReplicaSet', name: 'x' }] },
    spec: { containers: [{ name: 'main', image: 'shop/main:2' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          ready: waits === undefined,
          restartCount: 4,
          state: waits === undefined ? {} : { waiting: { reason: waits } },
          lastState: reason === undefined ? {} : ended,
        },
      ],
    },
  }
}

const event = (name: string, reason: string, message: string, seconds: number) => ({
  metadata: { name: `${name}.1`, namespace: 'shop' },
  type: 'Warning',
  reason,
  message,
  count: 3,
  firstTimestamp: iso(seconds - 60),
  lastTimestamp: iso(seconds),
  involvedObject: { kind: 'Pod', name },
})

const deployment = {
  metadata: {
    name: 'checkout',
    namespace: 'shop',
    annotations: { 'deployment.kubernetes.io/revision': '12' },
  },
  spec: { replicas: 3, template: { spec: { containers: [{ name: 'main', image: 'shop/main:2' }] } } },
  status: { readyReplicas: 1, conditions: [] },
}

const PODS = [
  pod('checkout-7d9f8b6c5-x2x4z', { app: 'checkout' }, { endedAt: -30, reason: 'OOMKilled', exitCode: 137 }),
  pod('checkout-7d9f8b6c5-b2b4b', { app: 'checkout' }, { waits: 'CrashLoopBackOff' }),
  // What ended long before the trouble is no sign of it.
  pod('checkout-7d9f8b6c5-c2c4c', { app: 'checkout' }, { endedAt: -86_400, reason: 'Error', exitCode: 1 }),
  pod('cart-0', {}),
  pod('checkout-worker-7d9f8b6c5-x2x4z', { app: 'checkout-worker' }, { waits: 'ImagePullBackOff' }),
]
const WARNINGS = [
  event('checkout-7d9f8b6c5-x2x4z', 'Unhealthy', 'Readiness probe failed: timeout', 10),
  event(
    'checkout-7d9f8b6c5-zzzzz',
    'FailedScheduling',
    '0/3 nodes are available: 3 Insufficient memory.',
    20,
  ),
  event('checkout-7d9f8b6c5-x2x4z', 'Unhealthy', 'long before', -7200),
  event('checkout-worker-7d9f8b6c5-x2x4z', 'Failed', 'of another', 10),
]
const ROLLOUTS = [
  {
    ...event('checkout', 'ScalingReplicaSet', 'Scaled up replica set checkout-7d9f8b6c5 to 3', -600),
    involvedObject: { kind: 'Deployment', name: 'checkout' },
  },
]

const TOLD = [
  `Pod shop/checkout-7d9f8b6c5-x2x4z, container main ended with OOMKilled (exit code 137) at ${iso(-30)}; restarts so far: 4.`,
  'Pod shop/checkout-7d9f8b6c5-b2b4b, container main is waiting: CrashLoopBackOff; restarts so far: 4.',
  `Pod/checkout-7d9f8b6c5-x2x4z: Unhealthy: Readiness probe failed: timeout (last at ${iso(10)}, 3 times).`,
  `Pod/checkout-7d9f8b6c5-zzzzz: FailedScheduling: 0/3 nodes are available: 3 Insufficient memory (last at ${iso(20)}, 3 times).`,
  `Deployment/checkout: ScalingReplicaSet: Scaled up replica set checkout-7d9f8b6c5 to 3 (last at ${iso(-600)}, 3 times).`,
  'Deployment shop/checkout has 1 of 3 replicas ready, revision 12, shop/main:2.',
]

/** The objects of a question, whether it came as a path or as a command. */
function objectsFor(asked: string): readonly object[] | null {
  if (/deployments/.test(asked)) return [deployment]
  if (/events.*ScalingReplicaSet/.test(asked)) return ROLLOUTS
  if (/events.*Warning/.test(asked)) return WARNINGS
  return /pods/.test(asked) ? PODS : null
}

const answerCluster = ({ url }: Seen): Response | null => {
  const items = objectsFor(decodeURIComponent(url.href))
  return items === null ? null : json({ kind: 'List', metadata: {}, items })
}

describe('what a cluster tells about services', () => {
  it('are reasons of restarts, waiting pods, warnings and rollouts of that time, and of them alone', async ({
    expect,
  }) => {
    const { ask, tools, network } = await connectedTo(answering(kubeconfig, answerCluster))
    expect(tools.names.filter((name) => /kube/.test(name))).toContain('kubernetes_list_pods')
    const services = ['Checkout', 'cart', 'nobody']
    expect(await ask('kubernetes_service_events', { services, onset })).toEqual({
      status: 'success',
      output: {
        shape: 'service_events',
        asked: services,
        failed: [],
        services: [
          { service: 'Checkout', left: 0, texts: TOLD },
          { service: 'cart', left: 0, texts: [] },
        ],
      },
    })
    expect(network.strays).toEqual([])
  })

  it('is asked for by labels where there are too many pods to list', async ({ expect }) => {
    const [first] = PODS
    const large = answering(kubeconfig, (seen) => {
      if (!seen.url.pathname.endsWith('/pods')) return answerCluster(seen)
      const isChosen = seen.url.searchParams.get('labelSelector') === 'app=checkout'
      return json({ metadata: isChosen ? {} : { continue: 'more' }, items: isChosen ? [first] : [] })
    })
    const { ask } = await connectedTo(large)
    const { output } = await ask('kubernetes_service_events', { services: ['checkout'], onset })
    expect(output.services[0].texts[0]).toBe(TOLD[0])
  })

  it('is the same through an agent, by commands that it may be given', async ({ expect }) => {
    const commands: string[] = []
    const operation = findConnector('kubectl')?.operations.find(({ name }) => name === 'service_events')
    const ctx = {
      fetch: async () => ({ kind: 'unreachable' }) as const,
      now: () => ONSET + 3_600_000,
      signal: new AbortController().signal,
      settings: {},
      ownHosts: [],
      agent: async (_cluster: string, command: string) => {
        commands.push(command)
        const output = JSON.stringify({ items: objectsFor(command) })
        return {
          kind: 'answer',
          success: true,
          output,
          error: null,
          returnCode: 0,
          truncated: false,
        } as const
      },
    }
    const args = { services: ['checkout'], onset }
    const told = await operation?.run(ctx, { kind: 'agent', clusterId: 'c' }, {}, args)
    expect(told).toMatchObject({ value: { data: { services: [{ service: 'checkout', texts: TOLD }] } } })
    expect(commands).toHaveLength(4)
    expect(commands.map(commandProblem)).toEqual([null, null, null, null])
  })

  it('is told without what the role does not show', async ({ expect }) => {
    const half = answering(kubeconfig, (seen) =>
      seen.url.pathname.endsWith('/deployments') ? json({}, 403) : answerCluster(seen),
    )
    const { ask } = await connectedTo(half)
    const { output } = await ask('kubernetes_service_events', { services: ['checkout'], onset })
    expect([output.failed, output.services[0].texts]).toEqual([['deployments'], TOLD.slice(0, -1)])
  })

  it('is an error where neither pods nor events may be read', async ({ expect }) => {
    const closed = answering(kubeconfig, ({ url }) =>
      /pods|events/.test(url.pathname) ? json({}, 403) : null,
    )
    const { ask } = await connectedTo(closed)
    const answer = await ask('kubernetes_service_events', { services: ['checkout'], onset })
    expect(answer).toEqual({ status: 'error', output: { error: 'forbidden' } })
  })
})

describe('what Sentry tells about services', () => {
  const issue = (slug: string, title: string) => ({
    title,
    culprit: 'cart.total',
    level: 'error',
    count: '12',
    firstSeen: iso(-60),
    project: { slug },
  })

  it('are issues that were new then, in the projects of these names', async ({ expect }) => {
    const asked: URLSearchParams[] = []
    const knowing = answering(sentry, ({ url }) => {
      if (!url.pathname.endsWith('/issues/')) return null
      asked.push(url.searchParams)
      return json([issue('project-2', 'TimeoutError: no free connection'), issue('project-9', 'of another')])
    })
    const { ask } = await connectedTo(knowing)
    const { output } = await ask('sentry_service_events', { services: ['Project-2', 'nobody'], onset })
    expect(asked.map((it) => it.get('query'))).toEqual([
      `project:[project-2] firstSeen:>=${iso(-3600)} firstSeen:<=${iso(900)}`,
    ])
    expect(output.services).toEqual([
      {
        service: 'Project-2',
        left: 0,
        texts: [
          `New issue (error, 12 events, first seen at ${iso(-60)}): TimeoutError: no free connection in cart.total.`,
        ],
      },
    ])
    await ask('sentry_service_events', { services: ['nobody'], onset })
    expect(asked).toHaveLength(1)
  })
})
