/** Logins on the paths of the original product: how they begin, and how they end in a pop-up window. */
import type { Connector } from '../connectors/connector'
import { beginLogin, type LoginOrigin } from '../services/connectors/begin-login'
import { AppError } from '../lib/errors'
import { completeLogin, loginError, type LoginResult } from '../services/connectors/complete-login'
import type { AppContext } from './env'
import { loginPage } from './login-page'
import { connectorPorts } from './middleware/tenant'
import { bindBrowser, browserOf, pageAfter } from './oauth-browser'

type Wish = Partial<Pick<LoginOrigin, 'products' | 'note'>> & { readonly endpoint?: string | null }

/** Begins a login and binds this browser to it; answers where to go. */
export async function beginOriginal(c: AppContext, connector: Connector, wish: Wish = {}): Promise<string> {
  const { endpoint = null, products = [], note = null } = wish
  const login = await beginLogin(c.var.ctx, connectorPorts(c), connector, {
    endpoint,
    origin: { style: 'original', redirectAfter: null, products, note },
  })
  bindBrowser(c, login)
  return login.authorizationUrl
}

/** Completes the login that this callback belongs to; its parameters are in the query, or in a form that was posted. */
export async function finishOriginal(c: AppContext, connector: Connector): Promise<LoginResult> {
  const { bytes } = c.var
  const form = bytes === null ? null : new URLSearchParams(new TextDecoder().decode(bytes))
  const given = (name: string): string | null => (form === null ? c.req.query(name) : form.get(name)) || null
  const callback = { code: given('code'), state: given('state'), error: given('error'), issuer: given('iss') }
  return completeLogin(connectorPorts(c), connector, callback, browserOf(c), c.var.now)
}

/** The same for a page of the frontend that posts code and state with the identity of its user. */
export const finishPosted = (
  c: AppContext,
  connector: Connector,
  { code, state }: { readonly code: string; readonly state: string },
): Promise<LoginResult> =>
  completeLogin(
    connectorPorts(c),
    connector,
    { code, state, error: null, issuer: null },
    { ...browserOf(c), poster: c.var.actor },
    c.var.now,
  )

/**
 * The connection of a login that a page of the frontend completed by posting code and state.
 * @throws AppError oauth_state_invalid, and what `loginError` makes of a failure
 */
export async function connectPosted(
  c: AppContext,
  connector: Connector,
  given: { readonly code: string; readonly state: string },
): Promise<Extract<LoginResult, { readonly kind: 'connected' }>['connection']> {
  const result = await finishPosted(c, connector, given)
  // A post that carries its user's identity proves the browser: it is never left to be claimed.
  if (result.kind === 'connected') return result.connection
  if (result.kind !== 'failed') throw loginError('invalid_state')
  throw result.reason === 'invalid_state' && result.origin !== null
    ? new AppError('oauth_state_invalid', 'OAuth state mismatch')
    : loginError(result.reason)
}

/** The end of a login in a pop-up window: it tells its opener, without any token and in words of ours. */
export function windowAfter(c: AppContext, connector: Connector, result: LoginResult): Response {
  const ports = connectorPorts(c)
  const { origin: target } = new URL(ports.frontendBase)
  const failed = (error: string) => loginPage(c, { type: `${connector.id}_auth_error`, error }, target)
  if (result.kind === 'incomplete') return failed('The login is incomplete. Please start again.')
  if (result.origin?.style === 'uniform') return c.redirect(pageAfter(ports, connector.id, result))
  if (result.kind === 'failed')
    return failed(errorsOf(connector.name)[result.reason] ?? 'The login failed. Please start again.')
  const ticket = result.kind === 'pending' ? { task_id: result.ticket } : {}
  return loginPage(c, { type: `${connector.id}_auth_success`, ...ticket }, target)
}

const errorsOf = (name: string): Readonly<Record<string, string>> => ({
  access_denied: `Access was denied at ${name}.`,
  invalid_state: 'The login has expired. Please start again.',
  forbidden: `You may not connect ${name}.`,
  ownership_unproved: `Your ${name} account does not control this installation.`,
  cross_org_claim_refused: 'This installation belongs to another organization.',
  upstream_error: `${name} could not be reached. Please try again.`,
})
