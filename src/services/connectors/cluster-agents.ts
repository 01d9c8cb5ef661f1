/** Registering clusters: a token for each, which its agent dials in with. */
import * as z from 'zod'
import { AppError, forbidden, notFound } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { sha256Hex } from '../../lib/hmac'
import { newId } from '../../lib/ids'
import { DAY } from '../../lib/time'
import { audit } from '../../store/audit'
import { isGuardFailure } from '../../store/db'
import * as store from '../../store/cluster-agents'
import { requireRole, type Ctx } from '../context'
import { agentStateOf, endAgents } from './agent-command'
import { isActive, type AgentState } from './agent-state'
import { derivedClusterId, newAgentToken } from './agent-token'
import type { Ports } from './ports'

const MOST = 100
/** How long the old token of a rotation keeps its agent going. */
const GRACE = DAY
const DAYS = 'expires_days must be between 1 and 3650'

export const newClusterInput = z.object({
  cluster_name: optional(text({ error: 'Invalid cluster_name', max: 200, min: 0 })),
  notes: optional(text({ error: 'Invalid notes', max: 2000, min: 0 })),
  expires_days: optional(z.int(DAYS).min(1, DAYS).max(3650, DAYS)),
})

export const rotationInput = z.object({
  /** Ends the old token now, and not when the new one is first used. */
  immediately: optional(z.boolean({ error: 'Invalid immediately' })),
})

export interface IssuedToken {
  readonly row: store.AgentTokenRow
  /** Shown this once. */
  readonly token: string
}

/** Registers a cluster. Its id is fixed here and now. @throws AppError forbidden, conflict */
export async function registerCluster(
  ctx: Ctx,
  { cluster_name, notes, expires_days }: z.output<typeof newClusterInput>,
): Promise<IssuedToken> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const { token, hash, preview } = await newAgentToken()
  const row: store.AgentTokenRow = {
    id: newId(now),
    orgId: db.orgId,
    userId: actor.userId,
    tokenHash: hash,
    preview,
    clusterId: await derivedClusterId(token),
    clusterName: cluster_name || 'Unnamed Cluster',
    notes: notes || null,
    status: 'active',
    expiresAt: expires_days === undefined ? null : now + expires_days * DAY,
    lastConnectedAt: null,
    previousHash: null,
    previousUntil: null,
    createdAt: now,
  }
  try {
    await db.commit([
      store.insertAgentToken(db, row),
      store.ensureFewAgents(db, MOST),
      audit(db, {
        event: 'agent.token_created',
        actor: actor.userId,
        subject: row.id,
        after: { cluster: row.clusterId, name: row.clusterName, expiresAt: row.expiresAt },
        at: now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Cluster limit reached')
    throw error
  }
  return { row, token }
}

/** Every token that was ever made, newest first. */
export const listAgentTokens = ({ db }: Ctx) => store.agentTokenList(db)

/**
 * Another token for the same cluster. The old one works until the new one is first used, at most a day; or ends now.
 * @throws AppError forbidden, not_found, conflict
 */
export async function rotateAgentToken(
  ctx: Ctx,
  ports: Ports,
  id: string,
  { immediately = false }: z.output<typeof rotationInput>,
): Promise<IssuedToken> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const row = await tokenOf(ctx, id)
  if (row.status === 'revoked') throw new AppError('conflict', 'The token is revoked')
  const { token, hash, preview } = await newAgentToken()
  const changes = {
    tokenHash: hash,
    preview,
    previousHash: immediately ? null : row.tokenHash,
    previousUntil: immediately ? null : now + GRACE,
  }
  try {
    await db.commit([
      store.replaceAgentToken(db, row, changes),
      db.ensureChanged(),
      audit(db, {
        event: 'agent.token_created',
        actor: actor.userId,
        subject: id,
        after: { cluster: row.clusterId, rotated: true, immediately },
        at: now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error))
      throw new AppError('conflict', 'The token was changed at the same time. Please try again.')
    throw error
  }
  if (immediately) await endAgents(ports.clusterAgent, [row.clusterId])
  return { row: { ...row, ...changes }, token }
}

/** Ends a token, its cluster's connection and its agent's socket. Twice is the same. @throws AppError forbidden, not_found */
export async function revokeAgentToken(ctx: Ctx, ports: Ports, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  await revoke(ctx, ports, await tokenOf(ctx, id))
}

const NOT_OURS = 'Cluster not found or unauthorized'

/** Removes a cluster; answers its name. @throws AppError forbidden, also for a cluster that there is not */
export async function removeCluster(ctx: Ctx, ports: Ports, clusterId: string): Promise<string> {
  requireRole(ctx, 'editor')
  const [row] = await store.agentTokenOfCluster(ctx.db, clusterId)
  if (row === undefined) throw forbidden(NOT_OURS)
  await revoke(ctx, ports, row)
  return row.clusterName
}

async function tokenOf(ctx: Ctx, id: string): Promise<store.AgentTokenRow> {
  const [row] = await store.agentTokenById(ctx.db, id)
  if (row === undefined) throw notFound('Token not found')
  return row
}

async function revoke(
  { db, actor, now }: Ctx,
  ports: Ports,
  { id, clusterId, status }: store.AgentTokenRow,
): Promise<void> {
  try {
    if (status === 'active')
      await db.commit([
        store.revokeAgents(db, [clusterId]),
        db.ensureChanged(),
        ...store.endCluster(db, clusterId, now),
        audit(db, {
          event: 'agent.token_revoked',
          actor: actor.userId,
          subject: id,
          before: { cluster: clusterId },
          at: now,
        }),
      ])
  } catch (error) {
    // Somebody else revoked it in this moment.
    if (!isGuardFailure(error)) throw error
  }
  await endAgents(ports.clusterAgent, [clusterId])
}

type Visit = Awaited<ReturnType<typeof store.visits>>[number]

export interface ClusterVisit extends Visit {
  /** The agent that is connected now, or null. */
  readonly agent: AgentState | null
}

/** How many objects are asked at once for their agents. */
const MOST_ASKED = 50

/**
 * Clusters whose agents dialled in, with what their objects say of them. Reading writes nothing.
 * @param filter a cluster id, or a token that stands for one
 */
export async function listClusters(
  { db }: Ctx,
  ports: Ports,
  filter: { readonly clusterId: string | null; readonly token: string | null },
): Promise<readonly ClusterVisit[]> {
  const [named] = filter.token === null ? [] : await store.clusterOfHash(db, await sha256Hex(filter.token))
  if (filter.token !== null && named === undefined) return []
  const visits = await store.visits(db, filter.clusterId ?? named?.clusterId ?? null)
  return Promise.all(
    visits
      .filter(({ clusterId }) => named === undefined || clusterId === named.clusterId)
      .map(async (visit, index) => ({
        ...visit,
        agent:
          index < MOST_ASKED
            ? await agentStateOf(ports.clusterAgent(visit.clusterId), visit.clusterId)
            : null,
      })),
  )
}

/** Whether any of these clusters has an agent that commands can be given to. */
export async function hasLiveAgent(
  ports: Ports,
  clusterIds: readonly string[],
  now: number,
): Promise<boolean> {
  const states = await Promise.all(
    clusterIds.slice(0, MOST_ASKED).map((id) => agentStateOf(ports.clusterAgent(id), id)),
  )
  return states.some((state) => isActive(state, now))
}
