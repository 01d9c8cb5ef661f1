/** What is written when an agent dials in, introduces itself and leaves. Nothing is written in between. */
import { newId } from '../../lib/ids'
import { audit } from '../../store/audit'
import * as store from '../../store/cluster-agents'
import { changeConnection, insertConnection } from '../../store/connections'
import { isGuardFailure } from '../../store/db'
import type { ConnectionRow } from '../../store/connection-rows'
import type { TenantDb } from '../../store/tenant-db'
import type { AdmittedAgent } from './admit-agent'

interface Visitor extends AdmittedAgent {
  readonly connectedAt: number
}

/** Writes down that an agent is there, and that its cluster is connected; false when its token ended meanwhile. */
export async function agentArrived(db: TenantDb, agent: Visitor): Promise<boolean> {
  const now = agent.connectedAt
  const [known] = await store.clusterConnection(db, agent.clusterId)
  const [token] = await store.agentTokenById(db, agent.tokenId)
  if (token === undefined) return false
  try {
    await db.commit([
      store.useAgentToken(db, agent.tokenId, agent.isPrevious, now),
      db.ensureChanged(),
      store.beginVisit(db, {
        clusterId: agent.clusterId,
        tokenId: agent.tokenId,
        connectedAt: now,
        lastHeartbeat: now,
        agentVersion: null,
        k8sContext: null,
        disconnectedAt: null,
      }),
      ...connected(db, agent, token, known),
    ])
    return true
  } catch (error) {
    if (isGuardFailure(error)) return false
    throw error
  }
}

/** The statements that make the cluster a live connection; the first visit is the moment of connecting. */
function connected(
  db: TenantDb,
  { clusterId, clusterName, connectedAt: now }: Visitor,
  token: store.AgentTokenRow,
  known: ConnectionRow | undefined,
) {
  const live = {
    accountName: clusterName,
    status: 'connected' as const,
    statusReason: null,
    expiresAt: token.expiresAt,
    lastVerifiedAt: now,
    updatedAt: now,
  }
  if (known?.status === 'connected') return [changeConnection(db, known, live)]
  const id = known?.id ?? newId(now)
  return [
    known === undefined
      ? insertConnection(db, { ...newCluster(db, token), ...live, id })
      : changeConnection(db, known, live),
    audit(db, {
      event: 'connector.connect',
      actor: token.userId,
      subject: id,
      after: { provider: 'kubectl', account: clusterId, method: 'agent' },
      at: now,
    }),
  ]
}

const newCluster = (
  { orgId }: TenantDb,
  { userId, clusterId, createdAt }: store.AgentTokenRow,
): Omit<ConnectionRow, 'id' | 'accountName' | 'status' | 'updatedAt'> => ({
  orgId,
  userId,
  provider: 'kubectl',
  accountId: clusterId,
  method: 'agent',
  multiAccount: true,
  statusReason: null,
  publicJson: { agentVersion: null, context: null },
  region: null,
  roleArn: null,
  readOnlyRoleArn: null,
  workspaceId: null,
  parentId: null,
  secretVersion: 1,
  expiresAt: null,
  lastVerifiedAt: null,
  disabledIntegrations: [],
  checkedAt: null,
  createdAt,
})

/** An agent said what it is. */
export async function agentIntroduced(
  db: TenantDb,
  agent: Visitor,
  { agentVersion, context }: { readonly agentVersion: string | null; readonly context: string | null },
): Promise<void> {
  const [known] = await store.clusterConnection(db, agent.clusterId)
  await db.commit([
    store.changeVisit(db, agent, { agentVersion, k8sContext: context }),
    ...(known?.status === 'connected'
      ? [changeConnection(db, known, { publicJson: { ...known.publicJson, agentVersion, context } })]
      : []),
  ])
}

/** An agent went away. The cluster stays connected: agents come back. */
export const agentLeft = (db: TenantDb, agent: Visitor, lastHeartbeat: number, now: number): Promise<void> =>
  db.commit([store.changeVisit(db, agent, { lastHeartbeat, disconnectedAt: now })])
