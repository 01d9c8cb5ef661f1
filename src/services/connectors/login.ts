/** What goes into a login and what comes out of it. */
import type { Connector } from '../../connectors/connector'
import type { LoginFailure, Tokens } from '../../connectors/oauth'
import type { Outcome } from '../../connectors/outcome'
import type { Proved } from '../../connectors/proof'
import { AppError } from '../../lib/errors'
import type { ConnectionRow, OAuthStateRow } from '../../store/connection-rows'
import type { LoginOrigin } from './begin-login'

export interface Callback {
  readonly code: string | null
  readonly state: string | null
  readonly error: string | null
  /** Issuer of the answer (RFC 9207), where the vendor names itself. */
  readonly issuer: string | null
}

export interface Person {
  readonly userId: string
  readonly orgId: string
}

/** What speaks for the browser being the starter's own. */
export interface Browser {
  readonly cookie: (name: string) => string | null
  /** The user of a valid, unrevoked session cookie; asked only when needed. */
  readonly session: () => Promise<Person | null>
  /** Who posted code and state with an identity of their own; null for a plain redirect. */
  readonly poster: Person | null
}

export type LoginResult =
  | { readonly kind: 'incomplete'; readonly missing: 'code' | 'state' }
  | { readonly kind: 'failed'; readonly reason: LoginFailure; readonly origin: LoginOrigin | null }
  | {
      readonly kind: 'connected'
      readonly origin: LoginOrigin
      readonly connection: ConnectionRow
      /** The job that the login started; null when there is none. */
      readonly jobId: string | null
      /** Seconds that the access of the login itself lives, where the vendor says. */
      readonly expiresIn: number | null
    }
  /** Nothing was connected: it is only known now what belongs to the person. */
  | { readonly kind: 'owned'; readonly origin: LoginOrigin }
  /** The browser was not proved: the ticket is for it alone. */
  | { readonly kind: 'pending'; readonly origin: LoginOrigin; readonly ticket: string }

/** A login that does not end in a connection of the very provider that it was begun at. */
export interface LoginPlan {
  /** Whose connection it becomes. */
  readonly stored: Connector
  /** False for a login whose authorize URL carried no challenge. */
  readonly pkce: (origin: LoginOrigin) => boolean
  readonly prove: (it: {
    readonly row: OAuthStateRow
    readonly tokens: Tokens
    /** Whether the browser is that of the person who began. */
    readonly isProved: boolean
  }) => Promise<Outcome<Proved> | { readonly kind: 'owned' } | { readonly kind: LoginFailure }>
}

/** The text of a failed login, for answers in JSON. */
export const loginError = (reason: LoginFailure): AppError =>
  reason === 'invalid_state'
    ? new AppError('oauth_state_invalid', 'Invalid or expired OAuth state')
    : new AppError(
        reason === 'upstream_error' || reason === 'storage_failed' ? 'upstream_error' : 'credential_refused',
        'The login failed',
        {
          details: { reason },
        },
      )
