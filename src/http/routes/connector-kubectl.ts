/** Clusters whose agents dial in, on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  listAgentTokens,
  listClusters,
  newClusterInput,
  registerCluster,
  removeCluster,
  revokeAgentToken,
  rotateAgentToken,
  rotationInput,
} from '../../services/connectors/cluster-agents'
import {
  agentTokens,
  clusterConnections,
  issuedToken,
  removedCluster,
  showAgentToken,
  showClusterConnection,
  showIssued,
  showRemoved,
} from '../answers/kubernetes'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const ids = { id: { error: 'Token not found', code: 'not_found' } } as const

export const connectorKubectl = new Hono<App>()
  .post(
    '/api/kubectl/tokens',
    endpoint({
      summary: 'Register a cluster; the token of its agent is shown this once',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'agent_token',
      maxBodyBytes: SMALL,
      answers: { 201: issuedToken },
      errors: ['validation_failed', 'conflict'],
    }),
    body(newClusterInput),
    async (c) => c.json(showIssued(await registerCluster(c.var.ctx, c.req.valid('json'))), 201),
  )
  .get(
    '/api/kubectl/tokens',
    endpoint({
      summary: 'Tokens of cluster agents, without the tokens',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: agentTokens },
    }),
    async (c) => {
      const rows = await listAgentTokens(c.var.ctx)
      return c.json({ tokens: rows.map((row) => showAgentToken(row, c.var.now)) })
    },
  )
  .post(
    '/api/kubectl/tokens/:id/rotate',
    endpoint({
      summary: 'Another token for the same cluster, shown this once',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'agent_token',
      maxBodyBytes: SMALL,
      ids,
      answers: { 200: issuedToken },
      errors: ['validation_failed', 'not_found', 'conflict'],
    }),
    body(rotationInput),
    async (c) => {
      const issued = await rotateAgentToken(c.var.ctx, connectorPorts(c), idOf(c, 'id'), c.req.valid('json'))
      return c.json(showIssued(issued))
    },
  )
  .delete(
    '/api/kubectl/tokens/:id',
    endpoint({
      summary: 'Revoke the token of an agent, which closes its socket',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      ids,
      answers: { 200: z.object({ success: z.literal(true) }) },
      errors: ['not_found'],
    }),
    async (c) => {
      await revokeAgentToken(c.var.ctx, connectorPorts(c), idOf(c, 'id'))
      return c.json({ success: true as const })
    },
  )
  .get(
    '/api/kubectl/connections',
    endpoint({
      summary: 'Clusters whose agents dialled in, and whether they are there now',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: clusterConnections },
    }),
    query(z.object({ cluster_id: z.string().max(100).optional(), token: z.string().max(500).optional() })),
    async (c) => {
      const { cluster_id, token } = c.req.valid('query')
      const filter = { clusterId: cluster_id || null, token: token || null }
      const found = await listClusters(c.var.ctx, connectorPorts(c), filter)
      return c.json({ connections: found.map((visit) => showClusterConnection(visit, c.var.now)) })
    },
  )
  .delete(
    '/api/kubectl/connections/:cluster_id',
    endpoint({
      summary: 'Remove a cluster and revoke the token of its agent',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: removedCluster },
    }),
    async (c) =>
      c.json(showRemoved(await removeCluster(c.var.ctx, connectorPorts(c), c.req.param('cluster_id')))),
  )
