/** What a provider is, apart from its functions. */
import type { Hosts } from './address'
import type { Settings } from './settings'

export const KINDS = [
  'oauth_code',
  'client_credentials',
  'api_key',
  'role_assumption',
  'agent',
  'webhook_only',
] as const
export type Kind = (typeof KINDS)[number]

type Category = 'cloud' | 'kubernetes' | 'code' | 'chat' | 'observability' | 'incident' | 'ci' | 'knowledge'

/** Paths of the original product with the common shape: connect, status and disconnect below a prefix. */
export interface OriginalPaths {
  /** `/datadog`; further spellings are aliases of the first. */
  readonly prefixes: readonly [string, ...string[]]
  /** Whether these paths answer 401 for a refused credential and for a missing or dead connection. */
  readonly unauthorized?: boolean
  /** What connect answers besides `success: true`; default: the details. */
  readonly connected?: (details: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** What status answers besides `connected: true`; default: the details. `expiresAt` is when the credential ends, ms. */
  readonly status?: (
    details: Readonly<Record<string, unknown>>,
    expiresAt: number | null,
  ) => Readonly<Record<string, unknown>>
  /** What status answers besides `connected: false` when the stored state is an error; default: a sentence. */
  readonly broken?: Readonly<Record<string, unknown>>
  /** Status has a route of its own, since it can tell more. */
  readonly ownStatus?: boolean
  /** Further members of the disconnect answer. */
  readonly disconnected?: (removed: number, wasKnown: boolean) => Readonly<Record<string, unknown>>
}

export interface Facts {
  readonly id: string
  readonly name: string
  readonly category: Category
  readonly kinds: readonly [Kind, ...Kind[]]
  readonly multiAccount: boolean
  /** What the guarded `fetch` may reach. */
  readonly hosts: Hosts
  /** Variables without which the provider is disabled; for OAuth see `oauth.client`. */
  readonly variables?: readonly string[]
  /** Further variables that its functions look at. */
  readonly optionalVariables?: readonly string[]
  /** Whether this deployment can connect it, where that is more than its variables and its OAuth client. */
  readonly enabledIf?: (settings: Settings) => boolean
  /** The alert source of the same vendor, whose integrations live and die with the connection. */
  readonly alertSource?: string
  /** What a person must remove at the vendor by hand when the core cannot. */
  readonly revokeHint: string
  readonly original?: OriginalPaths
  /** The account id in an organisation, where it is worked out from the proved one. */
  readonly accountIdIn?: (orgId: string, accountId: string) => Promise<string>
  /** The job that a completed login starts. */
  readonly jobAfterLogin?: string
  /** What its tools are called by, where several providers open the same kind of system; default: the id. */
  readonly toolsAs?: string
  /** Members of the details that `GET /api/connectors/status` shows. */
  readonly summary?: readonly string[]
  /** Providers whose connections may live off this one's grant. The grant ends with the last of them. */
  readonly products?: readonly string[]
}
