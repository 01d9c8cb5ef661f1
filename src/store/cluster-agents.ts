import { and, desc, eq, inArray, sql, type InferSelectModel } from 'drizzle-orm'
import { agentConnections, agentTokens, connections, connectionSelections } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type AgentTokenRow = InferSelectModel<typeof agentTokens>
export type AgentConnectionRow = InferSelectModel<typeof agentConnections>

const PROVIDER = 'kubectl'
const MOST_LISTED = 500

export const insertAgentToken = (db: TenantDb, row: Omit<AgentTokenRow, 'orgId'>) =>
  db.insert(agentTokens, row)

/** Fails the batch when the organisation has more tokens in use than that. */
export const ensureFewAgents = (db: TenantDb, most: number) =>
  db.ensure(
    sql`(SELECT count(*) FROM agent_tokens WHERE org_id = ${db.orgId} AND status = 'active') <= ${most}`,
  )

/** The organisation's tokens, newest first. */
export const agentTokenList = (db: TenantDb) =>
  db.select(agentTokens).orderBy(desc(agentTokens.createdAt), desc(agentTokens.id)).limit(MOST_LISTED)

export const agentTokenById = (db: TenantDb, id: string) =>
  db.select(agentTokens, eq(agentTokens.id, id)).limit(1)

export const agentTokenOfCluster = (db: TenantDb, clusterId: string) =>
  db.select(agentTokens, eq(agentTokens.clusterId, clusterId)).limit(1)

/** The cluster that a token stands for, by the token's hash. */
export const clusterOfHash = (db: TenantDb, tokenHash: string) =>
  db.pick({ clusterId: agentTokens.clusterId }, agentTokens, eq(agentTokens.tokenHash, tokenHash)).limit(1)

const alive = (id: string) => and(eq(agentTokens.id, id), eq(agentTokens.status, 'active'))

/** Another token in the place of the known one; the caller guards with `ensureChanged`. */
export const replaceAgentToken = (
  db: TenantDb,
  known: Pick<AgentTokenRow, 'id' | 'tokenHash'>,
  changes: Pick<AgentTokenRow, 'tokenHash' | 'preview' | 'previousHash' | 'previousUntil'>,
) => db.update(agentTokens, changes, and(alive(known.id), eq(agentTokens.tokenHash, known.tokenHash)))

/** Ends the tokens of these clusters, and what a rotation left of them. */
export const revokeAgents = (db: TenantDb, clusterIds: readonly string[]) =>
  db.update(
    agentTokens,
    { status: 'revoked', previousHash: null, previousUntil: null },
    and(inArray(agentTokens.clusterId, [...clusterIds]), eq(agentTokens.status, 'active')),
  )

/** Ends the connection of a cluster, if its agent ever came, and forgets what was chosen of it. */
export const endCluster = (db: TenantDb, clusterId: string, now: number) => [
  db.remove(
    connectionSelections,
    sql`${connectionSelections.connectionId} IN (SELECT id FROM connections WHERE org_id = ${db.orgId} AND provider = ${PROVIDER} AND account_id = ${clusterId})`,
  ),
  db.update(
    connections,
    {
      status: 'not_connected',
      statusReason: null,
      publicJson: {},
      expiresAt: null,
      lastVerifiedAt: null,
      checkedAt: null,
      updatedAt: now,
    },
    ofCluster(clusterId),
  ),
]

const ofCluster = (clusterId: string) =>
  and(eq(connections.provider, PROVIDER), eq(connections.accountId, clusterId))

export const clusterConnection = (db: TenantDb, clusterId: string) =>
  db.select(connections, ofCluster(clusterId)).limit(1)

/**
 * An agent dialled in: its token was used, and one that a rotation replaced ends when its successor is. The caller guards
 * with `ensureChanged`: a token that was revoked meanwhile changes nothing.
 */
export const useAgentToken = (db: TenantDb, id: string, isPrevious: boolean, now: number) =>
  db.update(
    agentTokens,
    { lastConnectedAt: now, ...(isPrevious ? {} : { previousHash: null, previousUntil: null }) },
    alive(id),
  )

/** The visit that begins now takes the place of the one before. */
export const beginVisit = (db: TenantDb, row: Omit<AgentConnectionRow, 'orgId'>) => {
  const { clusterId: _, ...changes } = row
  return db
    .insert(agentConnections, row)
    .onConflictDoUpdate({ target: agentConnections.clusterId, set: changes })
}

/** Changes a visit, unless another one began since. */
export const changeVisit = (
  db: TenantDb,
  { clusterId, connectedAt }: Pick<AgentConnectionRow, 'clusterId' | 'connectedAt'>,
  changes: Partial<
    Pick<AgentConnectionRow, 'agentVersion' | 'k8sContext' | 'lastHeartbeat' | 'disconnectedAt'>
  >,
) =>
  db.update(
    agentConnections,
    changes,
    and(eq(agentConnections.clusterId, clusterId), eq(agentConnections.connectedAt, connectedAt)),
  )

/** Visits of the clusters whose tokens are in use, newest first, with the clusters' names. */
export const visits = (db: TenantDb, clusterId: string | null) =>
  db.join((query) =>
    query
      .select({
        clusterId: agentConnections.clusterId,
        clusterName: agentTokens.clusterName,
        connectedAt: agentConnections.connectedAt,
        lastHeartbeat: agentConnections.lastHeartbeat,
        agentVersion: agentConnections.agentVersion,
        disconnectedAt: agentConnections.disconnectedAt,
      })
      .from(agentConnections)
      .innerJoin(agentTokens, and(eq(agentTokens.id, agentConnections.tokenId), db.mine(agentTokens)))
      .where(
        and(
          db.mine(agentConnections),
          eq(agentTokens.status, 'active'),
          clusterId === null ? undefined : eq(agentConnections.clusterId, clusterId),
        ),
      )
      .orderBy(desc(agentConnections.connectedAt))
      .limit(MOST_LISTED),
  )
