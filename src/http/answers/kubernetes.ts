/** Bodies of the Kubernetes endpoints, in the shapes that the original's clients know. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import { isActive } from '../../services/connectors/agent-state'
import type { ClusterVisit, IssuedToken } from '../../services/connectors/cluster-agents'
import type { Uploaded } from '../../services/connectors/kubeconfigs'
import { maybeTime, time } from './fields'

type TokenRow = IssuedToken['row']
type ConnectionRow = Uploaded['registered'][number]

const text = z.string().nullable()

export const issuedToken = z.object({
  success: z.literal(true),
  id: z.uuid(),
  token: z.string(),
  cluster_id: z.string(),
  cluster_name: z.string(),
  created_at: time,
  expires_at: maybeTime,
  message: z.string(),
})

export const showIssued = ({ row, token }: IssuedToken): z.infer<typeof issuedToken> => ({
  success: true,
  id: row.id,
  token,
  cluster_id: row.clusterId,
  cluster_name: row.clusterName,
  created_at: iso(row.createdAt),
  expires_at: isoOrNull(row.expiresAt),
  message: 'Save this token: it will not be shown again',
})

export const agentTokens = z.object({
  tokens: z.array(
    z.object({
      id: z.uuid(),
      cluster_name: z.string(),
      cluster_id: z.string(),
      created_at: time,
      last_connected_at: maybeTime,
      expires_at: maybeTime,
      status: z.enum(['active', 'revoked', 'expired']),
      notes: text,
      token_preview: z.string(),
    }),
  ),
})

export const showAgentToken = (
  row: TokenRow,
  now: number,
): z.infer<typeof agentTokens>['tokens'][number] => ({
  id: row.id,
  cluster_name: row.clusterName,
  cluster_id: row.clusterId,
  created_at: iso(row.createdAt),
  last_connected_at: isoOrNull(row.lastConnectedAt),
  expires_at: isoOrNull(row.expiresAt),
  status: row.status === 'active' && row.expiresAt !== null && row.expiresAt <= now ? 'expired' : row.status,
  notes: row.notes,
  token_preview: row.preview,
})

export const clusterConnections = z.object({
  connections: z.array(
    z.object({
      cluster_id: z.string(),
      cluster_name: z.string(),
      connected_at: time,
      last_heartbeat: time,
      agent_version: text,
      status: z.enum(['active', 'stale']),
    }),
  ),
})

export const showClusterConnection = (
  visit: ClusterVisit,
  now: number,
): z.infer<typeof clusterConnections>['connections'][number] => ({
  cluster_id: visit.clusterId,
  cluster_name: visit.clusterName,
  connected_at: iso(visit.agent?.connectedAt ?? visit.connectedAt),
  last_heartbeat: iso(visit.agent?.lastHeartbeat ?? visit.lastHeartbeat),
  agent_version: visit.agent?.agentVersion ?? visit.agentVersion,
  status: isActive(visit.agent, now) ? 'active' : 'stale',
})

export const removedCluster = z.object({
  cluster_name: z.string(),
  delete_command: z.string(),
  message: z.literal('Token revoked successfully'),
})

export const showRemoved = (clusterName: string): z.infer<typeof removedCluster> => ({
  cluster_name: clusterName,
  delete_command: 'helm uninstall aurora-kubectl-agent -n <your-namespace>',
  message: 'Token revoked successfully',
})

const uploadedCluster = z.object({
  cluster_id: z.string(),
  context_name: z.string(),
  cluster_name: z.string(),
  server_url: z.string(),
})

export const uploaded = z.object({
  registered: z.array(uploadedCluster),
  errors: z.array(z.object({ filename: z.string(), error: z.string(), hint: z.string().optional() })),
})

export const showUploaded = ({ registered, errors }: Uploaded): z.infer<typeof uploaded> => ({
  registered: registered.map(showCluster),
  errors: [...errors],
})

export const uploadedClusters = z.object({
  clusters: z.array(
    uploadedCluster.extend({
      namespace: text,
      is_active: z.boolean(),
      created_at: time,
      updated_at: time,
    }),
  ),
})

export const showUploadedCluster = (
  row: ConnectionRow,
): z.infer<typeof uploadedClusters>['clusters'][number] => ({
  ...showCluster(row),
  namespace: detail(row, 'namespace'),
  is_active: row.status === 'connected',
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})

const showCluster = (row: ConnectionRow): z.infer<typeof uploadedCluster> => ({
  cluster_id: row.accountId,
  context_name: detail(row, 'context') ?? '',
  cluster_name: row.accountName,
  server_url: detail(row, 'server') ?? '',
})

function detail(row: ConnectionRow, name: string): string | null {
  const value = row.publicJson[name]
  return typeof value === 'string' ? value : null
}
