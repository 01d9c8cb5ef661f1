import type { VendorFetch } from './egress'
import type { AgentReply } from './kubernetes/reply'
import type { Settings } from './settings'

/** All a module can reach. It never sees a request, a row or the environment beyond its own variables. */
export interface VendorCtx {
  readonly fetch: VendorFetch
  readonly now: () => number
  readonly signal: AbortSignal
  readonly settings: Settings
  /** Host names of this product, for `readBaseUrl`. */
  readonly ownHosts: readonly string[]
  /** For providers of the kind `agent`: the way into a cluster. */
  readonly agent?: AgentCall
  /** Names of what the organisation chose of the connection: repositories, projects. Only operations are told. */
  readonly chosen?: () => Promise<readonly string[]>
}

/** Has the agent of a cluster run a command that only reads; any other is refused before it is sent. */
export type AgentCall = (
  clusterId: string,
  command: string,
  timeoutMs: number,
) => Promise<AgentReply | { readonly kind: 'refused'; readonly text: string }>
