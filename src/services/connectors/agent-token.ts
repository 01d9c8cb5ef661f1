/** Tokens of cluster agents: made here, shown once, stored as their hash. */
import { sha256Hex } from '../../lib/hmac'

const PREFIX = 'aurora_kubectl_'
const RANDOM_BYTES = 48
const SHOWN = 4

export const AGENT_TOKEN = /^aurora_kubectl_[\w-]{64}$/

/** Whether a bearer is meant for an agent's socket. It is never a session token. */
export const namesAgent = (authorization: string | undefined): boolean =>
  /^Bearer +aurora_kubectl_/i.test(authorization?.trim() ?? '')

export interface NewAgentToken {
  readonly token: string
  readonly hash: string
  /** The ends of its random part. */
  readonly preview: string
}

export async function newAgentToken(): Promise<NewAgentToken> {
  const random = crypto
    .getRandomValues(new Uint8Array(RANDOM_BYTES))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
  const token = PREFIX + random
  return {
    token,
    hash: await sha256Hex(token),
    preview: `${random.slice(0, SHOWN)}…${random.slice(-SHOWN)}`,
  }
}

/** The cluster id that belongs to a token: what the stock agent works out by itself. */
export const derivedClusterId = async (token: string): Promise<string> =>
  `cluster-${(await sha256Hex(token)).slice(0, 16)}`
