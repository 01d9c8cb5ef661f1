/** Commands for the agents of clusters: the one way to them. Only commands that read, each written down before it is sent. */
import { commandProblem } from '../../connectors/kubernetes/command-policy'
import type { AgentReply } from '../../connectors/kubernetes/reply'
import { log } from '../../lib/log'
import { MINUTE } from '../../lib/time'
import { audit } from '../../store/audit'
import * as store from '../../store/cluster-agents'
import type { TenantDb } from '../../store/tenant-db'
import type { AgentState } from './agent-state'

/** The object that holds a cluster's agent. */
export interface ClusterAgentPort {
  readonly run: (command: string, timeoutMs: number) => Promise<AgentReply>
  readonly state: () => Promise<AgentState | null>
  readonly end: (reason: string) => Promise<void>
}

const LONGEST_MS = 2 * MINUTE

/** Runs a command on a cluster of this organisation; a cluster of another one has no agent. */
export async function runCommand(
  db: TenantDb,
  agentOf: (clusterId: string) => ClusterAgentPort,
  clusterId: string,
  command: string,
  timeoutMs: number,
): Promise<AgentReply | { readonly kind: 'refused'; readonly text: string }> {
  const text = commandProblem(command)
  if (text !== null) return { kind: 'refused', text }
  const now = Date.now()
  const [token] = await store.agentTokenOfCluster(db, clusterId)
  // A socket that outlived its token is not used.
  if (token === undefined || token.status !== 'active' || (token.expiresAt ?? Infinity) <= now)
    return { kind: 'no_agent' }
  await db.commit([
    audit(db, { event: 'agent.command', actor: 'system', subject: clusterId, after: { command }, at: now }),
  ])
  try {
    return await agentOf(clusterId).run(command, Math.min(timeoutMs, LONGEST_MS))
  } catch (error) {
    log.error('cluster_agent.run_failed', error, { clusterId })
    return { kind: 'agent_gone' }
  }
}

/** The agent that is connected, or null, also when its object cannot say. */
export async function agentStateOf(port: ClusterAgentPort, clusterId: string): Promise<AgentState | null> {
  try {
    return await port.state()
  } catch (error) {
    log.error('cluster_agent.state_failed', error, { clusterId })
    return null
  }
}

/** Sends agents away whose tokens have ended. One that cannot be reached is not asked again: its token is dead. */
export async function endAgents(
  agentOf: (clusterId: string) => ClusterAgentPort,
  clusterIds: readonly string[],
  reason = 'Token revoked',
): Promise<void> {
  await Promise.all(
    clusterIds.map((clusterId) =>
      agentOf(clusterId)
        .end(reason)
        .catch((error: unknown) => log.error('cluster_agent.end_failed', error, { clusterId })),
    ),
  )
}
