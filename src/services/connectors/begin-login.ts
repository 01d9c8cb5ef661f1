/** The first half of a login at a vendor: a random state bound to user, organisation and browser, and the URL to go to. */
import * as z from 'zod'
import { hasClient, type Connector } from '../../connectors/connector'
import type { Endpoints, OAuthData } from '../../connectors/oauth'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { isPlaceholder } from '../../connectors/settings'
import { sha256Hex } from '../../lib/hmac'
import { log } from '../../lib/log'
import { seal } from '../../lib/seal'
import { MINUTE } from '../../lib/time'
import { insertState } from '../../store/oauth-states'
import { requireRole, type Ctx } from '../context'
import { verifierPlace } from './credentials'
import { settingsOf, type Ports } from './ports'
import { notConfigured } from './refusal'

/** How long a login may take. */
export const LOGIN_MS = 10 * MINUTE

export const authorizeInput = z.object({
  redirect_after: optional(
    z
      .string({ error: 'Invalid redirect_after' })
      .max(500, 'Invalid redirect_after')
      .regex(/^\/(?![/\\])[^\s\\]*$/, 'Invalid redirect_after'),
  ),
  endpoint: optional(text({ error: 'Invalid endpoint', max: 50 })),
  products: optional(
    z
      .array(text({ error: 'Invalid products', max: 50 }), { error: 'Invalid products' })
      .max(10, 'Invalid products'),
  ),
})

/** How a login was begun; comes back when it is complete. */
export interface LoginOrigin {
  /** A path of the original product answers in its own way. */
  readonly style: 'uniform' | 'original'
  readonly redirectAfter: string | null
  readonly products: readonly string[]
  /** What a provider's own paths want to remember. */
  readonly note: string | null
}

export interface BegunLogin {
  readonly authorizationUrl: string
  readonly expiresAt: number
  /** For the browser, best effort: behind a server-side frontend it never gets there. */
  readonly binding: { readonly name: string; readonly value: string }
}

/** The name of the cookie that binds a browser to its login. */
export const bindingName = (stateHash: string): string => `aurora_oauth_${stateHash.slice(0, 8)}`

/** The endpoints for a choice; null when there are none. */
export const endpointsOf = (
  oauth: OAuthData,
  choice: Parameters<Extract<OAuthData['endpoints'], Function>>[0],
): Endpoints | null => (typeof oauth.endpoints === 'function' ? oauth.endpoints(choice) : oauth.endpoints)

/** @throws AppError forbidden, validation_failed, provider_not_configured */
export async function beginLogin(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  wish: { readonly endpoint?: string | null; readonly origin: LoginOrigin },
): Promise<BegunLogin> {
  requireRole(ctx, 'editor')
  const { oauth } = connector
  if (oauth === null) throw new AppError('validation_failed', `${connector.name} has no login`)
  const { products } = wish.origin
  if (oauth.products !== undefined && !products.every((it) => oauth.products?.includes(it) === true))
    throw new AppError('validation_failed', `products must be of: ${oauth.products.join(', ')}`)
  const endpoint = wish.endpoint ?? null
  const settings = settingsOf(ports, connector, endpoint)
  const endpoints = endpointsOf(oauth, { endpoint, settings })
  if (endpoints === null) throw new AppError('validation_failed', 'Invalid endpoint')
  if (!hasClient(oauth, settings, endpoint) || connector.enabledIf?.(settings) === false)
    throw notConfigured(connector)
  const clientId = settings[oauth.client(endpoint).id] ?? ''
  if (isPlaceholder(clientId)) log.warn('login.placeholder_client', { provider: connector.id })
  const masters = await ports.masters()

  const [state, verifier, binding, nonce] = [random(32), random(48), random(16), random(16)]
  const stateHash = await sha256Hex(state)
  const redirectUri = redirectUriOf(ports, oauth)
  const expiresAt = ctx.now + LOGIN_MS
  await ctx.db.commit(
    insertState(ctx.db, {
      stateHash,
      provider: connector.id,
      userId: ctx.actor.userId,
      redirectUri,
      verifierSealed: await seal(masters, verifierPlace(stateHash), verifier),
      nonceHash: oauth.openid === null ? null : await sha256Hex(nonce),
      browserHash: await sha256Hex(binding),
      endpoint,
      redirectAfter: wish.origin.redirectAfter,
      extraJson: { style: wish.origin.style, products: wish.origin.products, note: wish.origin.note },
      expiresAt,
    }),
  )

  const scopes = oauth.scopes(products)
  const url = new URL(endpoints.authorize)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...oauth.parameters,
    state,
    ...(oauth.openid === null ? {} : { nonce }),
    ...(oauth.pkce ? { code_challenge: await challengeOf(verifier), code_challenge_method: 'S256' } : {}),
  }).toString()
  return { authorizationUrl: url.href, expiresAt, binding: { name: bindingName(stateHash), value: binding } }
}

/** The S256 challenge of a verifier (RFC 7636, section 4.2). */
export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true })
}

const redirectUriOf = (ports: Ports, { redirect }: OAuthData): string =>
  `${redirect.base === 'api' ? ports.apiBase : ports.frontendBase}${redirect.path}`

const random = (bytes: number): string =>
  crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: 'base64url', omitPadding: true })
