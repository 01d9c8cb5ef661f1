/** The API of a small cluster: TLS, a bearer token, and the rules of a ClusterRole, as the real one checks them. */
import { createServer } from 'node:https'
import { selfSigned } from './certificate.mjs'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'checkout-1',
    namespace: 'shop',
    labels: { app: 'checkout', env: 'production' },
    managedFields: [{ manager: 'kubectl' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"hunter2"}' },
  },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'api',
        image: 'shop/checkout:1042',
        args: ['--password=hunter2'],
        env: [{ name: 'DB_PASSWORD', value: 'hunter2' }],
      },
    ],
  },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'api',
        ready: true,
        restartCount: 3,
        state: { running: {} },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    ],
  },
}
const event = {
  metadata: { name: 'e1', namespace: 'shop' },
  involvedObject: { kind: 'Pod', name: 'checkout-1' },
  type: 'Warning',
  reason: 'OOMKilling',
  message: 'Container api OOMKilled',
  lastTimestamp: '2026-01-01T10:05:00Z',
}
const usage = {
  metadata: { name: 'checkout-1', namespace: 'shop' },
  containers: [{ name: 'api', usage: { cpu: '12345678n', memory: '65536Ki' } }],
}
const namespaces = ['default', 'shop'].map((name) => ({ metadata: { name }, status: { phase: 'Active' } }))

/** What a path asks for: the group, the resource with its subresource, and whether it is one or a list. */
function read(path) {
  const [, root, ...rest] = path.split('/')
  const group = root === 'api' ? '' : rest.shift()
  rest.shift()
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : null
  const [resource, name, part] = rest
  return {
    group,
    namespace,
    name,
    resource: part === undefined ? resource : `${resource}/${part}`,
    verb: name === undefined ? 'list' : 'get',
  }
}

const allows = (rules, { group, resource, verb }) =>
  rules.some(
    (rule) =>
      rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  )

const refuse = (code, reason, message = reason) => ({
  code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code },
})

function answerOf(asked, search) {
  const items = (list) => ({ body: { kind: 'List', apiVersion: 'v1', metadata: {}, items: list } })
  const key = `${asked.verb} ${asked.group}/${asked.resource}`
  switch (key) {
    case 'list /namespaces':
      return items(namespaces)
    case 'list /pods':
      return items(
        search.get('labelSelector') === 'app=huge' ? Array.from({ length: 1000 }, () => pod) : [pod],
      )
    case 'get /pods':
      return asked.name === 'checkout-1'
        ? { body: pod }
        : refuse(404, 'NotFound', `pods "${asked.name}" not found`)
    case 'get /pods/log':
      return { text: `${search.get('tailLines')} lines of ${search.get('container')}\nout of memory\n` }
    case 'list /events':
      return items(search.get('fieldSelector')?.includes('involvedObject.name=checkout-1') ? [event] : [])
    case 'list metrics.k8s.io/pods':
      return items([usage])
    default:
      return refuse(404, 'NotFound', 'the server could not find the requested resource')
  }
}

/**
 * @param {{ token: string, rules: object[] }} account the service account and what its role allows
 */
export async function startCluster({ token, rules }) {
  const { cert, key } = selfSigned()
  const seen = []
  /** Requests that are answered by nobody while this is set. */
  const state = { hangs: false }
  const server = createServer({ cert, key }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'https://cluster')
    seen.push(request.url)
    if (state.hangs) return
    const say = ({ code = 200, body, text }) => {
      response.writeHead(code, { 'content-type': text === undefined ? 'application/json' : 'text/plain' })
      response.end(text ?? JSON.stringify(body))
    }
    if (request.headers.authorization !== `Bearer ${token}`) return say(refuse(401, 'Unauthorized'))
    if (request.method !== 'GET') return say(refuse(405, 'MethodNotAllowed'))
    if (pathname === '/version') return say({ body: { major: '1', minor: '33', gitVersion: 'v1.33.1' } })
    const asked = read(pathname)
    say(
      allows(rules, asked)
        ? answerOf(asked, searchParams)
        : refuse(403, 'Forbidden', `${asked.resource} is forbidden`),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ca: cert,
    port: server.address().port,
    seen,
    state,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
