/** Who may dial in as the agent of a cluster: decided by the token alone, before there is a tenant. */
import { sha256Hex } from '../../lib/hmac'
import type { Directory } from '../../store/directory'
import { AGENT_TOKEN, derivedClusterId } from './agent-token'

/** An agent for whom its token speaks. */
export interface AdmittedAgent {
  readonly orgId: string
  readonly tokenId: string
  readonly clusterId: string
  readonly clusterName: string
  readonly derivedId: string
  readonly isPrevious: boolean
  readonly expiresAt: number | null
}

export type Admission =
  | { readonly ok: true; readonly agent: AdmittedAgent }
  /** The reason that the socket is closed with. */
  | { readonly ok: false; readonly reason: string }

const refuse = (reason: string): Admission => ({ ok: false, reason })

/**
 * @param authorization the header as sent
 * @param clusterId what the agent says it is; the token decides, and another name is refused
 */
export async function admitAgent(
  directory: Directory,
  authorization: string | undefined,
  clusterId: string | undefined,
  now: number,
): Promise<Admission> {
  if (authorization === undefined) return refuse('Missing Authorization header')
  const token = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1] ?? ''
  if (!AGENT_TOKEN.test(token)) return refuse('Invalid token')
  const hash = await sha256Hex(token)
  const known = await directory.findAgentToken(hash)
  if (known === null) return refuse('Invalid token')
  if (known.status === 'revoked') return refuse('Token revoked')
  const isPrevious = known.tokenHash !== hash
  const expiresAt = isPrevious ? earlier(known.expiresAt, known.previousUntil) : known.expiresAt
  if (expiresAt !== null && expiresAt <= now) return refuse('Token expired')
  const derivedId = await derivedClusterId(token)
  if (clusterId !== undefined && clusterId !== known.clusterId && clusterId !== derivedId)
    return refuse('Cluster ID mismatch')
  const { orgId, tokenId, clusterName } = known
  return {
    ok: true,
    agent: { orgId, tokenId, clusterId: known.clusterId, clusterName, derivedId, isPrevious, expiresAt },
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)
