/** What a provider's folder says: schemas of its own types, and a few functions over a guarded `fetch`. */
import type { Schema } from '../lib/schema'
import type { Access } from './access'
import type { Facts } from './facts'
import type { Job } from './job'
import type { OAuthData, ReadTokens } from './oauth'
import type { Operation } from './operation'
import type { Outcome } from './outcome'
import type { Page } from './paging'
import type { Candidate, Minted, Proof, Revocation, SharedProof } from './proof'
import type { VendorCtx } from './vendor-ctx'

/** What an access is for. */
export type AccessMode = 'read' | 'write'

/** How an access comes about: from the secret as it is, or from the vendor for a while. */
type AccessOf<S, P> =
  | { readonly kind: 'static'; readonly of: (candidate: Candidate<S, P>) => Access }
  /** There is no credential: the other side dials in. */
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'minted'
      /** The access of those credentials that need no vendor; null for the others. */
      readonly fixed?: (candidate: Candidate<S, P>) => Access | null
      readonly mint: (
        ctx: VendorCtx,
        candidate: Candidate<S, P>,
        region: string | null,
        /** `write` is for approved actions only; vendors that cannot narrow an access make no difference. */
        mode: AccessMode,
      ) => Promise<Outcome<Minted<S>>>
    }

/** What is known of any provider's public details. */
export type Details = Readonly<Record<string, unknown>>

export interface Definition<C, S, P, M extends P & Details> extends Facts {
  /** The body of connect. Unknown members are ignored; texts of its errors are shown. */
  readonly form?: {
    readonly schema: Schema<C>
    readonly read: (input: C, ownHosts: readonly string[]) => Outcome<Candidate<S, P>>
    /** True when this input asks for nothing but webhooks: no connection is made. */
    readonly webhookOnly?: (input: C) => boolean
    /** The secret with which the vendor signs its webhooks, for the integration of `alertSource`; null when not given. */
    readonly signingSecret?: (input: C) => string | null
  }
  readonly oauth?: OAuthData & { readonly read: ReadTokens<S, P> }
  /** What is sealed: the minimum that can mint. */
  readonly secret: Schema<S>
  /** The part of the details that using the secret needs. */
  readonly settings: Schema<P>
  readonly details: Schema<M>
  /**
   * Asks the vendor whether the credential works, with an access made from it. Creates and changes nothing there. Runs at
   * connect and again whenever the connection is validated.
   */
  readonly prove: (
    ctx: VendorCtx,
    candidate: Candidate<S, P>,
    access: Access,
  ) => Promise<Outcome<Proof<S, M>>>
  /** The same for a connection that lives off another provider's grant: there is an access, and no secret to look at. */
  readonly proveShared?: (ctx: VendorCtx, settings: P, access: Access) => Promise<Outcome<SharedProof<M>>>
  readonly access: AccessOf<S, P>
  readonly resources?: (
    ctx: VendorCtx,
    session: { readonly access: Access; readonly details: M },
    cursor: string | null,
  ) => Promise<Outcome<Page>>
  readonly revoke?: (ctx: VendorCtx, candidate: Candidate<S, P>) => Promise<Revocation>
  /** Whether the vendor can only end the whole grant of the account, which other connections may share. */
  readonly revokesWholeGrant?: boolean | ((secret: S) => boolean)
  readonly operations?: readonly Operation<M>[]
  readonly jobs?: Readonly<Record<string, Job<M>>>
}
