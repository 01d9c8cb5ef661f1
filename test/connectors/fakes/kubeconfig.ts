import { createHash } from 'node:crypto'
import { json, names, type Fake, type Seen } from './fake'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.service-account.0123456789'
const SERVER = 'https://k8s.example.com:6443'
const CONTEXT = 'prod-eu'
const namespaces = names('team-', 1, 130)

/** A kubeconfig file as `kubectl config view --raw` prints it. */
export const kubeconfigFile = (token = TOKEN, server = `${SERVER}/`): string => `apiVersion: v1
kind: Config
current-context: ${CONTEXT}
clusters:
  - name: prod
    cluster:
      server: ${server}
contexts:
  - name: ${CONTEXT}
    context:
      cluster: prod
      user: aurora
      namespace: shop
users:
  - name: aurora
    user:
      token: ${token}
`

/** What the API says no with. */
export const refusal = (code: number, reason: string): Response =>
  json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: `${reason}: go away` },
    code,
  )

function review({ method, headers, body }: Seen): Response {
  const asked = JSON.parse(body)
  const sound =
    method === 'POST' &&
    headers.get('content-type') === 'application/json' &&
    asked.kind === 'SelfSubjectReview' &&
    asked.apiVersion === 'authentication.k8s.io/v1'
  return sound
    ? json(
        { ...asked, status: { userInfo: { username: 'system:serviceaccount:aurora-agent:aurora-agent' } } },
        201,
      )
    : refusal(400, 'BadRequest')
}

export const kubeconfig: Fake = {
  id: 'kubeconfig',
  hosts: ['k8s.example.com'],
  form: {
    good: { content: kubeconfigFile() },
    refused: { content: kubeconfigFile('a-token-of-somebody-else') },
  },
  secrets: [TOKEN],
  accountId: 'kubeconfig',
  accountIdIn: (orgId) =>
    `kubeconfig-${createHash('sha256').update(`${orgId}:${CONTEXT}`).digest('hex').slice(0, 16)}`,
  resources: { first: namespaces.slice(0, 100), second: namespaces.slice(100) },
  revocation: 'unsupported',
  answer: (seen) => {
    if (seen.headers.get('authorization') !== `Bearer ${TOKEN}`) return refusal(401, 'Unauthorized')
    const { pathname } = seen.url
    if (pathname === '/apis/authentication.k8s.io/v1/selfsubjectreviews') return review(seen)
    if (pathname !== '/api/v1/namespaces') return refusal(404, 'NotFound')
    const items = namespaces.map((name) => ({ metadata: { name }, status: { phase: 'Active' } }))
    return json({ kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items })
  },
}
