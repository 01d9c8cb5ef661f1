/** What travels over the socket of a cluster's agent, and who sits at it. Pure. */
import * as z from 'zod'
import type { AgentReply } from '../connectors/kubernetes/reply'
import type { AdmittedAgent } from '../services/connectors/admit-agent'

const seatSchema = z.object({
  orgId: z.string(),
  tokenId: z.string(),
  clusterId: z.string(),
  clusterName: z.string(),
  /** The id that stock agents derive from a token by themselves; another one after a rotation. */
  derivedId: z.string(),
  /** Whether it dialled in with the token that a rotation replaced. */
  isPrevious: z.boolean(),
  /** When its token ends, ms; null: never. */
  expiresAt: z.number().nullable(),
  connectedAt: z.number(),
  /** Its last frame that woke the object, ms. */
  seenAt: z.number(),
  agentVersion: z.string().nullable(),
  /** Closed by us: whatever still comes from it counts no more. */
  ended: z.boolean(),
})

export type AgentSeat = z.infer<typeof seatSchema>

export const agentSeatOf = (socket: WebSocket): AgentSeat => seatSchema.parse(socket.deserializeAttachment())

/** Where an admitted agent asks for its socket, as `fetch` of the cluster's object gets it. */
export function agentAddress(agent: AdmittedAgent, now: number): string {
  const seat: AgentSeat = { ...agent, connectedAt: now, seenAt: now, agentVersion: null, ended: false }
  return `https://agent/?${new URLSearchParams({ seat: JSON.stringify(seat) }).toString()}`
}

/** The other end of `agentAddress`. */
export const readAgentAddress = (url: string): AgentSeat =>
  seatSchema.parse(JSON.parse(new URL(url).searchParams.get('seat') ?? ''))

/** A frame longer than this ends the socket. */
export const LARGEST_AGENT_FRAME = 1024 * 1024
/** What is kept of a command's output, in characters. */
const MOST_OUTPUT = 256 * 1024
const MOST_ERROR = 2000

const short = z.string().max(200).nullish().catch(null)

const frameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('register'),
    cluster_id: z.string(),
    agent_version: short,
    k8s_context: short,
  }),
  z.object({ type: z.literal('heartbeat'), cluster_id: z.string() }),
  z.object({
    type: z.literal('command_response'),
    command_id: z.string(),
    success: z.boolean(),
    output: z.string().nullish(),
    error: z.string().nullish(),
    return_code: z.int().nullish(),
  }),
])

export type AgentFrame = z.infer<typeof frameSchema>
type Response = Extract<AgentFrame, { type: 'command_response' }>

/** The frame in a message, or null for whatever else it is. */
export function readAgentFrame(text: string): AgentFrame | null {
  try {
    const parsed = frameSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

export function replyOf({ success, output, error, return_code }: Response): AgentReply {
  const text = output ?? ''
  return {
    kind: 'answer',
    success,
    output: text.slice(0, MOST_OUTPUT),
    error: error?.slice(0, MOST_ERROR) ?? null,
    returnCode: return_code ?? (success ? 0 : 1),
    truncated: text.length > MOST_OUTPUT,
  }
}

export const connectedFrame = ({ clusterId, clusterName }: AgentSeat): string =>
  JSON.stringify({ type: 'connected', cluster_id: clusterId, cluster_name: clusterName })

export const HEARTBEAT_ACK = JSON.stringify({ type: 'heartbeat_ack' })

/** @param timeout seconds */
export const commandFrame = (commandId: string, command: string, timeout: number): string =>
  JSON.stringify({ type: 'kubectl_command', command_id: commandId, command, timeout })
