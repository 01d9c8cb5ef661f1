/** Whether the agent of a cluster is there. Computed where it is read, and never written by a read. */
import { SECOND } from '../../lib/time'

/** An agent that was not heard of for longer than this is stale. */
export const HEARTBEAT_MS = 180 * SECOND

/** What a cluster's object knows of the agent that is connected to it. */
export interface AgentState {
  readonly connectedAt: number
  readonly lastHeartbeat: number
  readonly agentVersion: string | null
}

export const isActive = (state: AgentState | null, now: number): boolean =>
  state !== null && now - state.lastHeartbeat <= HEARTBEAT_MS
