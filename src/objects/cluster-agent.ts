/**
 * The agent of one cluster, named by the cluster's id: holds its socket, which sleeps between heartbeats, and hands
 * commands to it. Who may dial in was decided by the Worker, and what may be asked by the verb that asks.
 */
import { DurableObject } from 'cloudflare:workers'
import type { AgentReply } from '../connectors/kubernetes/reply'
import { newId } from '../lib/ids'
import { log } from '../lib/log'
import { SECOND } from '../lib/time'
import { agentArrived, agentIntroduced, agentLeft } from '../services/connectors/agent-presence'
import { HEARTBEAT_MS, type AgentState } from '../services/connectors/agent-state'
import { openTenant } from '../store/tenant-db'
import {
  agentSeatOf,
  commandFrame,
  connectedFrame,
  HEARTBEAT_ACK,
  LARGEST_AGENT_FRAME,
  readAgentAddress,
  readAgentFrame,
  replyOf,
  type AgentFrame,
  type AgentSeat,
} from './agent-frames'

const POLICY = 1008
const TOO_BIG = 1009
/** Another agent with this cluster's token took the place. */
const REPLACED = 4001

const MOST_WAITING = 16
/** The longest heartbeat that is answered without waking the object. */
const LONGEST_HEARTBEAT = 200

export class ClusterAgent extends DurableObject<Env> {
  readonly #waiting = new Map<string, (reply: AgentReply) => void>()
  /** How often a token ended, for those who are about to come in. */
  #ends = 0

  /** Takes the socket of an agent in for whom the Worker vouches; the one before it has to go. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const seat = readAgentAddress(request.url)
    const ends = this.#ends
    const arrived = await agentArrived(openTenant(this.env.DB, seat.orgId), seat)
    // A token that was revoked since the Worker looked gets no socket.
    if (!arrived || this.#ends !== ends) return new Response(null, { status: 403 })
    this.#endAll(REPLACED, 'Replaced by a newer connection')
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment(seat)
    server.send(connectedFrame(seat))
    if (seat.expiresAt === null) await this.ctx.storage.deleteAlarm()
    else await this.ctx.storage.setAlarm(seat.expiresAt)
    return new Response(null, { status: 101, webSocket: client })
  }

  /**
   * Has the agent run a command, and waits for its answer.
   * @param timeoutMs whole seconds reach the agent
   */
  async run(command: string, timeoutMs: number): Promise<AgentReply> {
    const socket = this.#socket()
    if (socket === null || Date.now() - this.#seenAt(socket) > HEARTBEAT_MS) return { kind: 'no_agent' }
    if (this.#waiting.size >= MOST_WAITING) return { kind: 'busy' }
    const id = newId()
    const reply = new Promise<AgentReply>((resolve) => {
      const timer = setTimeout(() => finish({ kind: 'timeout' }), timeoutMs)
      const finish = (outcome: AgentReply): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(outcome)
      }
      this.#waiting.set(id, finish)
    })
    try {
      socket.send(commandFrame(id, command, Math.max(1, Math.floor(timeoutMs / SECOND))))
    } catch {
      this.#waiting.get(id)?.({ kind: 'agent_gone' })
    }
    return reply
  }

  /** The agent that is connected, or null. Reading writes nothing. */
  state(): AgentState | null {
    const socket = this.#socket()
    if (socket === null) return null
    const { connectedAt, agentVersion } = agentSeatOf(socket)
    return { connectedAt, agentVersion, lastHeartbeat: this.#seenAt(socket) }
  }

  /** Sends the agent away, because its token ended. */
  async end(reason: string): Promise<void> {
    this.#ends++
    this.#endAll(POLICY, reason)
    await this.ctx.storage.deleteAlarm()
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const seat = agentSeatOf(socket)
    if (seat.ended) return
    if (typeof data !== 'string' || data.length > LARGEST_AGENT_FRAME)
      return this.#end(socket, TOO_BIG, 'Frame too large')
    const frame = readAgentFrame(data)
    if (frame === null) return
    if (frame.type !== 'command_response' && !isNamed(seat, frame.cluster_id))
      return this.#end(socket, POLICY, 'Cluster ID mismatch')
    const seen = { ...seat, seenAt: Date.now() }
    socket.serializeAttachment(seen)
    await this.#take(socket, seen, frame, data)
  }

  async #take(socket: WebSocket, seat: AgentSeat, frame: AgentFrame, text: string): Promise<void> {
    switch (frame.type) {
      case 'register': {
        const introduced = { agentVersion: frame.agent_version ?? null, context: frame.k8s_context ?? null }
        socket.serializeAttachment({ ...seat, agentVersion: introduced.agentVersion })
        return agentIntroduced(openTenant(this.env.DB, seat.orgId), seat, introduced)
      }
      case 'heartbeat':
        socket.send(HEARTBEAT_ACK)
        // From now on the same text is answered while the object sleeps.
        if (text.length <= LONGEST_HEARTBEAT)
          this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(text, HEARTBEAT_ACK))
        return
      case 'command_response':
        this.#waiting.get(frame.command_id)?.(replyOf(frame))
    }
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const seat = agentSeatOf(socket)
    if (seat.ended) return
    const seenAt = this.#seenAt(socket)
    this.#end(socket, 1000, '')
    try {
      await agentLeft(openTenant(this.env.DB, seat.orgId), seat, seenAt, Date.now())
    } catch (error) {
      log.error('cluster_agent.leave_failed', error, { clusterId: seat.clusterId })
    }
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket)
  }

  /** The agent's token has come to its end. */
  override async alarm(): Promise<void> {
    const socket = this.#socket()
    if (socket === null) return
    const { expiresAt } = agentSeatOf(socket)
    if (expiresAt === null) return
    if (expiresAt <= Date.now()) this.#end(socket, POLICY, 'Token expired')
    else await this.ctx.storage.setAlarm(expiresAt)
  }

  #socket(): WebSocket | null {
    return this.ctx.getWebSockets().find((socket) => !agentSeatOf(socket).ended) ?? null
  }

  #seenAt(socket: WebSocket): number {
    const asleep = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
    return Math.max(agentSeatOf(socket).seenAt, asleep)
  }

  #endAll(code: number, reason: string): void {
    for (const socket of this.ctx.getWebSockets())
      if (!agentSeatOf(socket).ended) this.#end(socket, code, reason)
  }

  /** What it was still to answer is answered for it: nobody waits for an agent that is gone. */
  #end(socket: WebSocket, code: number, reason: string): void {
    socket.serializeAttachment({ ...agentSeatOf(socket), ended: true })
    try {
      socket.close(code, reason)
    } catch {
      // Already closed: nothing is left to do.
    }
    for (const finish of this.#waiting.values()) finish({ kind: 'agent_gone' })
  }
}

const isNamed = ({ clusterId, derivedId }: AgentSeat, given: string): boolean =>
  given === clusterId || given === derivedId
