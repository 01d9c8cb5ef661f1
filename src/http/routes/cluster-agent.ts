/** Where agents of clusters dial in, and what is installed there. */
import { Hono } from 'hono'
import { agentManifest } from '../../connectors/kubernetes/manifest'
import script from '../../connectors/kubernetes/agent.mjs.txt'
import { AppError } from '../../lib/errors'
import { log } from '../../lib/log'
import { agentAddress } from '../../objects/agent-frames'
import { admitAgent } from '../../services/connectors/admit-agent'
import { namesAgent } from '../../services/connectors/agent-token'
import { endpoint } from '../connector-endpoint'
import type { App, AppContext } from '../env'
import { connectorPorts, directoryOf } from '../middleware/tenant'

const POLICY = 1008

const asksForSocket = (c: AppContext): boolean => c.req.header('upgrade')?.toLowerCase() === 'websocket'

/** An agent is told by its token, before anybody looks for a session. */
const isAgent = (c: AppContext): boolean =>
  c.req.method === 'GET' && asksForSocket(c) && namesAgent(c.req.header('authorization'))

const asset = { who: 'public', bucket: null, answers: { 200: null } } as const

export const clusterAgent = new Hono<App>()
  .use('/ws', (c, next) => (isAgent(c) ? open(c) : next()))
  .use('/', (c, next) => (isAgent(c) ? open(c) : next()))
  .get(
    '/kubectl-agent',
    endpoint({
      summary: 'The WebSocket of cluster agents; a plain request is refused',
      who: 'public',
      bucket: null,
      answers: { 101: null },
      errors: ['upgrade_required'],
    }),
    (c) => {
      if (asksForSocket(c)) return open(c)
      throw new AppError('upgrade_required', 'Upgrade required', { headers: { upgrade: 'websocket' } })
    },
  )
  .get(
    '/kubectl-agent/manifest.yaml',
    endpoint({
      ...asset,
      summary: 'What to apply to a cluster: its agent, with rights to read',
      asText: 'text/yaml',
    }),
    (c) => {
      const text = agentManifest(connectorPorts(c).apiBase, script)
      return c.body(text, 200, { 'content-type': 'text/yaml; charset=utf-8' })
    },
  )
  .get(
    '/kubectl-agent/agent.mjs',
    endpoint({ ...asset, summary: 'The program of the agent', asText: 'text/plain' }),
    (c) => c.text(script),
  )

/** A refused agent learns over the socket why: its stock client shows the reason of a close, and no status. */
async function open(c: AppContext): Promise<Response> {
  const admission = await admitAgent(
    directoryOf(c),
    c.req.header('authorization'),
    c.req.header('x-cluster-id'),
    c.var.now,
  )
  if (!admission.ok) return dismiss(admission.reason)
  const { clusterId } = admission.agent
  c.var.cost.objectCalls++
  const address = agentAddress(admission.agent, c.var.now)
  const answer = await c.env.CLUSTER_AGENT.getByName(clusterId).fetch(address, {
    headers: { upgrade: 'websocket' },
  })
  if (answer.webSocket === null) {
    log.warn('cluster_agent.refused', { clusterId, status: answer.status })
    return dismiss('Token revoked')
  }
  return new Response(null, { status: 101, webSocket: answer.webSocket })
}

function dismiss(reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(POLICY, reason)
  return new Response(null, { status: 101, webSocket: client })
}
