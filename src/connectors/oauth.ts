/** What the core must know about a vendor's OAuth: data, so that the flow itself is written once. */
import type { Outcome } from './outcome'
import type { Settings } from './settings'

export interface Endpoints {
  readonly authorize: string
  readonly token: string
}

/** What a person or a deployment chose: one of several sites of a vendor, or a tenant in a variable. */
interface EndpointChoice {
  readonly endpoint: string | null
  readonly settings: Settings
}

/** Tokens as the vendor's token endpoint answered them. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  /** Seconds; null when the vendor does not say. */
  readonly expiresIn: number | null
  readonly scopes: readonly string[]
  /** Claims of a verified `id_token`; null without OpenID. */
  readonly identity: Readonly<Record<string, unknown>> | null
  /** The whole answer, for members of a vendor's own. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** OpenID: whose `id_token` we believe. */
export interface OpenId {
  /** Accepted spellings; the first is the issuer. */
  readonly issuers: readonly [string, ...string[]]
  readonly jwksUri: string
}

/** Why a login could not be completed. */
export type LoginFailure =
  | 'invalid_state'
  | 'access_denied'
  | 'provider_error'
  | 'no_resources'
  | 'forbidden'
  | 'exchange_failed'
  | 'identity_invalid'
  | 'scope_missing'
  | 'no_refresh_token'
  | 'upstream_error'
  | 'storage_failed'
  /** The person does not control what this login was about. */
  | 'ownership_unproved'
  /** It belongs to another organisation of this product. */
  | 'cross_org_claim_refused'

export interface OAuthData {
  /** The endpoints, or how to find them; null when the choice names none. */
  readonly endpoints: Endpoints | ((choice: EndpointChoice) => Endpoints | null)
  /** Variables with the client's id and secret; both must be there. `endpoint` is for vendors with a client a site. */
  readonly client: (endpoint: string | null) => { readonly id: string; readonly secret: string }
  /** Where the client authenticates itself. */
  readonly clientAuth: 'form' | 'basic'
  readonly body: 'form' | 'json'
  readonly pkce: boolean
  readonly openid: OpenId | null
  /** Products that a login may name; a provider without them ignores what is named. */
  readonly products?: readonly string[]
  /** Scopes to ask for; the products are those of the `authorize` body. */
  readonly scopes: (products: readonly string[]) => readonly string[]
  /** Scopes without which the connection is useless; checked where the vendor tells what it granted. */
  readonly requiredScopes: readonly string[]
  /** Token types besides `bearer` that this vendor answers. */
  readonly tokenTypes?: readonly string[]
  /** Where the vendor sends the browser back to. */
  readonly redirect: { readonly base: 'api' | 'frontend'; readonly path: string }
  /** Further parameters of the authorize URL. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Whether a grant without a refresh token is of no use. */
  readonly needsRefreshToken: boolean
}

/** What becomes of the tokens of a login. */
export type ReadTokens<S, P> = (
  tokens: Tokens,
  endpoint: string | null,
  /** The secret of the same account's connection, when this login brought no refresh token. */
  stored: S | null,
  /** What the login was begun for. */
  products: readonly string[],
) => Outcome<{ readonly secret: S; readonly settings: P }>
