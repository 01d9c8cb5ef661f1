/** The agent that clusters run, out of the manifest that the API serves, between a cluster and the real bundle. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { aServer, listen } from './harness.mjs'
import { startCluster } from './kubernetes/api.mjs'
import { selfSigned } from './kubernetes/certificate.mjs'

const server = aServer()
const SERVICE_ACCOUNT = 'a-token-of-the-service-account'
let folder, env, url, session, objects, cluster, child
let said = ''

/** Calls the API; answers status and body. */
async function call(method, path, body) {
  const response = await server.fetch(path, {
    method,
    headers: {
      ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : null }
}

async function until(ask, good) {
  const deadline = Date.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    assert.ok(Date.now() < deadline, `still not there: ${JSON.stringify(answer)?.slice(0, 500)}\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aurora-agent-'))
  ;({ url, env } = await listen(server))
  const account = { email: 'cluster@example.com', password: 'a long password' }
  await call('POST', '/api/auth/register', account)
  session = (await call('POST', '/api/auth/login', account)).body.token
  const manifest = await call('GET', '/kubectl-agent/manifest.yaml')
  const documents = parseAllDocuments(manifest.text).map((document) => {
    assert.deepEqual(document.errors, [])
    return document.toJS()
  })
  objects = Object.fromEntries(documents.map((object) => [object.kind, object]))
  cluster = await startCluster({ token: SERVICE_ACCOUNT, rules: objects.ClusterRole.rules })
})

after(async () => {
  child?.kill('SIGKILL')
  await cluster?.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the agent as its Deployment says, beside the files that a cluster mounts. */
async function runAgent(token) {
  await writeFile(join(folder, 'agent.mjs'), objects.ConfigMap.data['agent.mjs'])
  await writeFile(join(folder, 'token'), SERVICE_ACCOUNT)
  await writeFile(join(folder, 'ca.crt'), cluster.ca)
  const { containers } = objects.Deployment.spec.template.spec
  const address = containers[0].env.find(({ name }) => name === 'AURORA_URL').value
  assert.equal(new URL(address).pathname, '/kubectl-agent')
  child = spawn(process.execPath, [join(folder, 'agent.mjs')], {
    env: {
      AURORA_URL: new URL('/kubectl-agent', url).href.replace(/^http/, 'ws'),
      AURORA_AGENT_TOKEN: token,
      SERVICE_ACCOUNT_DIR: folder,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(cluster.port),
    },
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
}

test('the manifest gives the agent the least that it can do with', async () => {
  assert.deepEqual(Object.keys(objects).toSorted(), [
    'ClusterRole',
    'ClusterRoleBinding',
    'ConfigMap',
    'Deployment',
    'Namespace',
    'ServiceAccount',
  ])
  const { rules } = objects.ClusterRole
  assert.deepEqual(new Set(rules.flatMap(({ verbs }) => verbs)), new Set(['get', 'list']))
  const resources = rules.flatMap((rule) => rule.resources)
  for (const never of ['secrets', 'configmaps', '*', 'pods/exec', 'pods/portforward', 'nodes/proxy'])
    assert.ok(!resources.includes(never), never)
  const { spec } = objects.Deployment.spec.template
  const [{ securityContext }] = spec.containers
  assert.equal(objects.Deployment.spec.replicas, 1)
  assert.equal(spec.securityContext.runAsNonRoot, true)
  assert.deepEqual(
    [securityContext.allowPrivilegeEscalation, securityContext.readOnlyRootFilesystem],
    [false, true],
  )
  assert.equal((await call('GET', '/kubectl-agent/agent.mjs')).text, objects.ConfigMap.data['agent.mjs'])
})

test('the agent dials in, answers what may be read, and leaves when its token is revoked', async () => {
  const { body: issued } = await call('POST', '/api/kubectl/tokens', { cluster_name: 'prod' })
  await runAgent(issued.token)
  await until(
    () => said,
    (text) => text.includes('connected as prod'),
  )
  const connected = await until(
    () => call('GET', '/api/kubectl/connections'),
    ({ body }) => body.connections[0]?.agent_version === '1.0.0',
  )
  assert.equal(connected.body.connections[0].status, 'active')

  const { body: listed } = await call('GET', '/api/connectors/kubectl/resources')
  assert.deepEqual(
    listed.resources.map(({ id }) => id),
    ['default', 'shop'],
  )
  const status = await call('GET', '/api/connectors/kubectl/status?validate=true')
  assert.equal(status.body.connections[0].details.serverVersion, 'v1.33.1')

  const stub = env.CLUSTER_AGENT.getByName(issued.cluster_id)
  const run = (command, ms = 10_000) => stub.run(command, ms)
  const read = async (command) => {
    const { success, output, error } = await run(command)
    assert.ok(success, error)
    return output
  }
  const found = JSON.parse(await read('get pods -n shop -l app=checkout -o json'))
  assert.equal(found.items[0].status.containerStatuses[0].lastState.terminated.reason, 'OOMKilled')
  assert.equal(found.items[0].metadata.labels.env, 'production')
  assert.ok(!JSON.stringify(found).includes('hunter2'))
  assert.match(await read('get po checkout-1 -n shop'), /"nodeName":"n1"/)
  assert.equal(
    await read('logs checkout-1 -n shop -c api --tail=50 --since=30m'),
    '50 lines of api\nout of memory\n',
  )
  assert.equal(
    await read('top pods -n shop --containers --no-headers'),
    'checkout-1   api   12345678n   65536Ki',
  )
  assert.equal(JSON.parse(await read('events -n shop --for pod/checkout-1')).items.length, 1)
  const described = JSON.parse(await read('describe pod checkout-1 -n shop'))
  assert.deepEqual([described.object.metadata.name, described.events.length], ['checkout-1', 1])
  const huge = await read('get pods -n shop -l app=huge -o json')
  const { items, metadata } = JSON.parse(huge)
  assert.ok(huge.length <= 250_000 && items.length > 100)
  assert.equal(items.length + metadata.remainingItemCount, 1000)

  const refused = async (command) => (await run(command)).error
  const before = cluster.seen.length
  assert.match(await refused('get secrets -n shop'), /not among what this agent reads/)
  assert.match(await refused('get configmaps -n shop'), /not among what this agent reads/)
  assert.match(await refused('get pods --raw=/api/v1/secrets'), /flag --raw is not allowed/)
  assert.match(await refused('get pods ../secrets -n shop'), /name is missing or malformed/)
  assert.match(await refused('logs checkout-1 -n ../x'), /value of -n is not allowed/)
  assert.match(await refused('delete pod checkout-1'), /no command "delete"/)
  assert.match(await refused('constructor x'), /no command/)
  assert.equal(cluster.seen.length, before)
  assert.match(
    await refused('get pods gone -n shop'),
    /^Error from server \(NotFound\): pods "gone" not found/,
  )
  cluster.state.hangs = true
  assert.equal((await run('get pods -n shop', 100)).kind, 'timeout')
  cluster.state.hangs = false

  await writeFile(join(folder, 'ca.crt'), selfSigned().cert)
  assert.match(await refused('get pods -n shop'), /certificate/)
  await writeFile(join(folder, 'ca.crt'), cluster.ca)
  await writeFile(join(folder, 'token'), 'an older token')
  assert.match(await refused('get pods -n shop'), /^Error from server \(Unauthorized\)/)
  const asked = cluster.seen.filter((path) => /secrets|configmaps/.test(path))
  assert.deepEqual(asked, [])

  assert.equal((await call('DELETE', `/api/kubectl/tokens/${issued.id}`)).status, 200)
  await until(
    () => said,
    (text) => text.includes('disconnected: 1008 Token revoked'),
  )
  assert.deepEqual((await call('GET', '/api/kubectl/connections')).body, { connections: [] })
  assert.ok(!said.includes(issued.token))
})

test('an agent that is killed in the middle of a command leaves nobody waiting', async () => {
  child.kill('SIGKILL')
  const { body: issued } = await call('POST', '/api/kubectl/tokens', {})
  await runAgent(issued.token)
  const stub = env.CLUSTER_AGENT.getByName(issued.cluster_id)
  await until(
    () => stub.state(),
    (state) => state !== null,
  )
  cluster.state.hangs = true
  const before = cluster.seen.length
  const waiting = stub.run('get pods -n shop', 10_000)
  await until(
    () => cluster.seen.length,
    (count) => count > before,
  )
  child.kill('SIGKILL')
  assert.equal((await waiting).kind, 'agent_gone')
  assert.equal((await stub.run('get pods -n shop', 10_000)).kind, 'no_agent')
})
