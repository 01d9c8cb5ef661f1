import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { env } from 'cloudflare:workers'
import { kubeconfig as provider } from '../../src/connectors/kubeconfig'
import { contextOf, contextsOf } from '../../src/connectors/kubernetes/kubeconfig-file'
import { backgroundPorts } from '../../src/jobs/connectors'
import { askVendor } from '../../src/services/connectors/operations'
import { liveConnections } from '../../src/store/connections'
import { openTenant } from '../../src/store/tenant-db'
import { fakes } from './fakes'
import { json, type Fake, type Seen } from './fakes/fake'
import { kubeconfig, kubeconfigFile, refusal } from './fakes/kubeconfig'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs, leaksIn } from './support'

let network: Network
beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const [TOKEN = ''] = kubeconfig.secrets
const clusterIdOf = (orgId: string): string => kubeconfig.accountIdIn?.(orgId) ?? ''

/** The good file with something more in its cluster or its user. */
const withCluster = (line: string): string =>
  kubeconfigFile().replace(/^ {6}server:/m, `      ${line}\n      server:`)
const withUser = (line: string): string =>
  kubeconfigFile().replace(/^ {6}token:/m, `      ${line}\n      token:`)

describe('a kubeconfig file', () => {
  it('is read for contexts with a bearer token, be it YAML or JSON', ({ expect }) => {
    const context = {
      context: 'prod-eu',
      cluster: 'prod',
      server: 'https://k8s.example.com:6443/',
      namespace: 'shop',
      token: TOKEN,
    }
    expect(contextsOf(kubeconfigFile())).toEqual({ kind: 'ok', value: [context] })
    const file = {
      clusters: [
        { name: 'a', cluster: { server: 'https://a.example.com', 'insecure-skip-tls-verify': false } },
      ],
      users: [
        { name: 'u', user: { token: 't' } },
        { name: 'nobody', user: null },
      ],
      contexts: [
        { name: 'one', context: { cluster: 'a', user: 'u' } },
        { name: 'two', context: { cluster: 'a', user: 'nobody' } },
        { name: 'three', context: { cluster: 'gone', user: 'u' } },
        { name: 'four', context: { cluster: 'a', user: 'u', namespace: 'n' } },
      ],
    }
    const text = JSON.stringify(file)
    const found = contextsOf(text)
    expect(found.kind === 'ok' && found.value.map((it) => it.context)).toEqual(['one', 'four'])
    expect(contextOf(text, 'four')).toMatchObject({ kind: 'ok', value: { namespace: 'n' } })
    expect(contextOf(text, null)).toMatchObject({ text: 'Name a context that has a bearer token' })
    expect(contextOf(text, 'two')).toMatchObject({ text: 'Name a context that has a bearer token' })
    const current = JSON.stringify({ ...file, 'current-context': 'one' })
    expect(contextOf(current, null)).toMatchObject({ kind: 'ok', value: { context: 'one' } })
  })

  it.for([
    ['a program', withUser('exec: {command: aws}'), 'Plug-ins that run a program (exec) are not allowed'],
    ['a plug-in', withUser('auth-provider: {name: gcp}'), 'Plug-ins (auth-provider) are not allowed'],
    [
      'the path of a token',
      withUser('tokenFile: /t'),
      'Paths of files are not allowed: put the token itself into the file',
    ],
    [
      'a client certificate',
      withUser('client-certificate-data: QQ=='),
      'Client certificates cannot be used; a bearer token can',
    ],
    ['the path of one', withUser('client-key: /k'), 'Client certificates cannot be used; a bearer token can'],
    ['a password', withUser('password: p'), 'Passwords cannot be used; a bearer token can'],
    ['another user', withUser('as: admin'), 'Speaking for another user is not allowed'],
    ['a proxy', withCluster('proxy-url: http://p'), 'Proxies are not allowed'],
    ['the path of an authority', withCluster('certificate-authority: /ca'), 'Paths of files are not allowed'],
    [
      'blind trust',
      withCluster('insecure-skip-tls-verify: true'),
      'insecure-skip-tls-verify is not allowed: certificates are always checked',
    ],
    [
      'another name',
      withCluster('tls-server-name: x'),
      'The server must have a certificate for its own name',
    ],
    ['nothing of the kind', 'hello: world', 'This is not a kubeconfig file'],
    ['a broken text', '{{{', 'This is not a kubeconfig file'],
    ['no token', kubeconfigFile('""'), 'No context has a bearer token'],
    ['a bomb', `a: &a [x, x]\nb: &b [*a, *a]\nclusters: [*b, *b]`, 'This is not a kubeconfig file'],
  ] as const)('with %s is refused', ([, content, text], { expect }) => {
    expect(contextsOf(content)).toEqual({ kind: 'credential_refused', text })
  })

  it('of a private authority points to the agent', ({ expect }) => {
    expect(contextsOf(withCluster('certificate-authority-data: QQ=='))).toMatchObject({
      code: 'unsupported_on_platform',
      hint: expect.stringContaining('agent'),
    })
  })

  it('gives a cluster the documented id', async ({ expect }) => {
    expect(await provider.accountIdIn?.('11111111-1111-4111-8111-111111111111', 'prod-eu')).toBe(
      'kubeconfig-671b4d4d7c710a03',
    )
  })
})

describe('/api/kubeconfig', () => {
  it('connects, lists and forgets clusters as it always did', async ({ expect }) => {
    const { org, client } = await anOrgFor(kubeconfig)
    const clusterId = clusterIdOf(org.orgId)
    const shown = {
      cluster_id: clusterId,
      context_name: 'prod-eu',
      cluster_name: 'prod',
      server_url: 'https://k8s.example.com:6443',
    }
    const kubeconfigs = [
      { filename: 'good', content: kubeconfigFile() },
      { filename: 'private', content: withCluster('certificate-authority-data: QQ==') },
      { filename: 'inside', content: kubeconfigFile(TOKEN, 'https://10.0.0.1:6443') },
      {
        filename: 'other',
        content: kubeconfigFile('a-token-of-somebody-else').replaceAll('prod-eu', 'prod-us'),
      },
    ]
    const made = await client.post('/api/kubeconfig/upload', { kubeconfigs })
    expect(made.body).toEqual({
      registered: [shown],
      errors: [
        {
          filename: 'private',
          error: 'Only servers with a publicly trusted certificate can be reached from here',
          hint: expect.stringContaining('agent'),
        },
        { filename: 'inside', error: 'IP addresses are not allowed; use a public host name' },
        { filename: 'other', error: 'Kubernetes (kubeconfig) refused the credential' },
      ],
    })
    const listed = await client.get('/api/kubeconfig/clusters')
    expect(listed.body.clusters).toEqual([
      {
        ...shown,
        namespace: 'shop',
        is_active: true,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    ])
    expect(leaksIn(made.text + listed.text, kubeconfig.secrets)).toEqual([])
    const stranger = await anOrgFor(kubeconfig)
    expect((await stranger.client.get('/api/kubeconfig/clusters')).body).toEqual({ clusters: [] })
    const foreign = await stranger.client.delete(`/api/kubeconfig/${clusterId}`)
    expect([foreign.status, foreign.body.error]).toEqual([404, 'Cluster not found'])
    expect((await client.delete(`/api/kubeconfig/${clusterId}`)).body).toEqual({ deleted: clusterId })
    expect((await client.delete(`/api/kubeconfig/${clusterId}`)).status).toBe(404)
    expect((await client.get('/api/kubeconfig/clusters')).body).toEqual({ clusters: [] })
  })

  it('says what is wrong when nothing could be registered', async ({ expect }) => {
    const { client } = await anOrgFor(kubeconfig)
    const upload = (body: object) => client.post('/api/kubeconfig/upload', body)
    for (const body of [{}, { kubeconfigs: [] }, { kubeconfigs: 'x' }, { kubeconfigs: [{ filename: 'x' }] }])
      expect((await upload(body)).body).toMatchObject({ error: 'kubeconfigs array required' })
    const files = Array.from({ length: 11 }, () => ({ filename: 'x', content: 'x' }))
    expect((await upload({ kubeconfigs: files })).status).toBe(400)
    const huge = `# ${'x'.repeat(500_001)}`
    const refused = await upload({
      kubeconfigs: [
        { filename: 'a', content: 'x' },
        { filename: 'b', content: huge },
      ],
    })
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed'])
    expect(refused.body).toMatchObject({
      registered: [],
      errors: [
        { filename: 'a', error: 'This is not a kubeconfig file' },
        { filename: 'b', error: 'The file is too large' },
      ],
    })
    network.trouble = 'gone'
    const gone = await upload({ kubeconfigs: [{ filename: 'c', content: kubeconfigFile() }] })
    expect(gone.body.errors).toEqual([
      { filename: 'c', error: 'Kubernetes (kubeconfig) did not answer in time' },
    ])
  })

  it('proves a token on a cluster that is too old to say whose it is', async ({ expect }) => {
    const isAllowed = (allowed: boolean): Fake => ({
      ...kubeconfig,
      answer: ({ url: { pathname }, body }: Seen) => {
        if (pathname === '/version') return json({ gitVersion: 'v1.25.0' })
        if (pathname !== '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')
          return refusal(404, 'NotFound')
        const { spec } = JSON.parse(body)
        return json({ status: { allowed: allowed && spec.resourceAttributes.resource === 'pods' } }, 201)
      },
    })
    for (const [allowed, status] of [
      [true, 200],
      [false, 403],
    ] as const) {
      vi.restoreAllMocks()
      captureLogs()
      plugIn([isAllowed(allowed)])
      const { client } = await anOrgFor(kubeconfig)
      const made = await client.post('/api/connectors/kubeconfig/connect', kubeconfig.form?.good)
      expect(made.status).toBe(status)
      if (allowed)
        expect(made.body.connection.details).toMatchObject({ username: null, server: expect.any(String) })
    }
  })
})

describe('a question to the API', () => {
  it('is the documented request, and its answer a digest', async ({ expect }) => {
    const { org, client } = await anOrgFor(kubeconfig)
    await client.post('/api/connectors/kubeconfig/connect', kubeconfig.form?.good)
    const db = openTenant(env.DB, org.orgId)
    const [row] = await liveConnections(db, 'kubeconfig')
    if (row === undefined) throw new Error('not connected')
    vi.restoreAllMocks()
    captureLogs()
    let answer: unknown = {}
    const answering: Fake = {
      ...kubeconfig,
      answer: () => (typeof answer === 'string' ? new Response(answer) : json(answer)),
    }
    const { seen } = plugIn([answering])
    const ask = async (name: string, args: object, given: unknown = { items: [] }) => {
      answer = given
      seen.length = 0
      const outcome = await askVendor(db, backgroundPorts(env), row, name, args)
      return { outcome, asked: seen.map(({ url }) => `${url.pathname}${url.search}`).toSorted() }
    }
    const asked = async (name: string, args: object, given?: unknown) => (await ask(name, args, given)).asked

    expect(await asked('list_pods', { namespace: 'shop', labelSelector: 'app=checkout' })).toEqual([
      '/api/v1/namespaces/shop/pods?labelSelector=app%3Dcheckout&limit=250',
    ])
    expect(await asked('list_pods', {})).toEqual(['/api/v1/pods?limit=250'])
    expect(await asked('get_pod', { namespace: 'shop', pod: 'p' })).toEqual([
      '/api/v1/namespaces/shop/pods/p',
    ])
    expect(await asked('list_events', { namespace: 'shop', object: 'p' })).toEqual([
      '/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name%3Dp&limit=2000',
    ])
    expect(await asked('get_workload', { namespace: 'shop', name: 'checkout' })).toEqual([
      '/apis/apps/v1/namespaces/shop/deployments/checkout',
    ])
    expect(await asked('list_workloads', { kind: 'replicaset', namespace: 'shop' })).toEqual([
      '/apis/apps/v1/namespaces/shop/replicasets?limit=250',
    ])
    expect(await asked('list_autoscalers', { namespace: 'shop' })).toEqual([
      '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers?limit=250',
    ])
    expect(await asked('list_nodes', {})).toEqual(['/api/v1/nodes?limit=250'])
    expect(await asked('top_nodes', {})).toEqual(['/apis/metrics.k8s.io/v1beta1/nodes'])
    const logs = await ask('pod_logs', { namespace: 'shop', pod: 'p', previous: true }, 'out of memory')
    expect(logs.asked).toEqual([
      '/api/v1/namespaces/shop/pods/p/log?tailLines=300&sinceSeconds=1800&previous=true',
    ])
    expect(logs.outcome).toMatchObject({ kind: 'ok', value: { data: 'out of memory' } })
    const usage = {
      metadata: { name: 'p', namespace: 'shop' },
      containers: [{ name: 'api', usage: { cpu: '5m', memory: '1Mi' } }],
    }
    const top = await ask('top_pods', { namespace: 'shop' }, { items: [usage] })
    expect(top.outcome).toMatchObject({
      value: { data: [{ name: 'p', container: 'api', cpuMillicores: 5 }] },
    })
  })

  it('is shown newest first, with what a cluster has more of', async ({ expect }) => {
    const { org, client } = await anOrgFor(kubeconfig)
    await client.post('/api/connectors/kubeconfig/connect', kubeconfig.form?.good)
    const db = openTenant(env.DB, org.orgId)
    const [row] = await liveConnections(db, 'kubeconfig')
    if (row === undefined) throw new Error('not connected')
    vi.restoreAllMocks()
    captureLogs()
    const event = (name: string, at: string) => ({
      metadata: { name, namespace: 'shop' },
      type: 'Warning',
      reason: 'OOMKilling',
      message: 'Container api OOMKilled',
      count: 3,
      lastTimestamp: at,
      involvedObject: { kind: 'Pod', name: 'checkout-1' },
    })
    const items = [event('a', '2026-01-01T10:00:00Z'), event('b', '2026-01-01T10:05:00Z'), { odd: true }]
    plugIn([{ ...kubeconfig, answer: () => json({ metadata: { continue: 'more' }, items }) }])
    const outcome = await askVendor(db, backgroundPorts(env), row, 'list_events', { limit: 1 })
    expect(outcome).toMatchObject({
      kind: 'ok',
      value: {
        data: {
          total: 2,
          truncated: true,
          items: [
            { object: 'Pod/checkout-1', reason: 'OOMKilling', count: 3, lastSeen: '2026-01-01T10:05:00Z' },
          ],
        },
      },
    })
  })
})
