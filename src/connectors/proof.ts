/** Credentials, and what a vendor says of them. */
import type { Access } from './access'
import type { Kind } from './facts'

/** A credential with what is needed to use it: `secret` is sealed, `settings` (site, base URL) are public. */
export interface Candidate<S, P> {
  readonly secret: S
  readonly settings: P
}

/** What a vendor confirmed. */
export interface Proof<S, M> {
  readonly accountId: string
  readonly accountName: string
  /** What status may show; contains the settings. */
  readonly details: M
  /** When the credential itself ends, ms. */
  readonly expiresAt?: number | null
  /** Replaces the candidate's secret when proving changed it. */
  readonly secret?: S
  readonly region?: string | null
  readonly roleArn?: string | null
  readonly readOnlyRoleArn?: string | null
  /** Products that the same grant opens. Each is a connection of its own provider, which lives off this one's secret. */
  readonly products?: readonly Product[]
  /** How the account was connected, where the provider knows several ways. */
  readonly method?: Kind
  /** One of many, though the provider has a single account otherwise: an installation of an app. */
  readonly multiAccount?: boolean
}

/** One product of a grant, as it becomes a connection without a secret of its own. */
export interface Product {
  /** The id of the product's provider. */
  readonly provider: string
  readonly accountId: string
  readonly accountName: string
  readonly details: Readonly<Record<string, unknown>>
}

/** A short-lived access; `rotated` is what the vendor gave in place of the sealed secret. */
export interface Minted<S> {
  readonly access: Access
  /** ms */
  readonly expiresAt: number
  readonly rotated?: S
}

/** What a vendor confirmed of a product that has no secret of its own. */
export interface SharedProof<M> {
  readonly accountId: string
  readonly accountName: string
  readonly details: M
}

/** A proof as the core stores it. */
export interface Proved {
  readonly accountId: string
  readonly accountName: string
  readonly secret: unknown
  readonly details: Readonly<Record<string, unknown>>
  readonly expiresAt: number | null
  readonly region: string | null
  readonly roleArn: string | null
  readonly readOnlyRoleArn: string | null
  readonly products: readonly Product[]
  readonly method?: Kind | undefined
  readonly multiAccount?: boolean | undefined
}

export type Revocation = 'revoked' | 'already' | 'unsupported' | 'failed'
