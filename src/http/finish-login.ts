/** The way back from a vendor: a browser, or a page of the frontend, brings what completes a login. */
import type { Connector } from '../connectors/connector'
import { AppError } from '../lib/errors'
import { completeLogin } from '../services/connectors/complete-login'
import { loginError, type LoginResult } from '../services/connectors/login'
import type { AppContext } from './env'
import { countCallback } from './middleware/attempts'
import { connectorPorts } from './middleware/tenant'
import { browserOf } from './oauth-browser'

/** Completes the login that this callback belongs to; its parameters are in the query, or in a form that was posted. */
export async function finishLogin(c: AppContext, connector: Connector): Promise<LoginResult> {
  await countCallback(c)
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

/** @throws AppError validation_failed for a callback without its parameters */
export function withParameters(result: LoginResult): Exclude<LoginResult, { kind: 'incomplete' }> {
  if (result.kind !== 'incomplete') return result
  throw new AppError(
    'validation_failed',
    result.missing === 'code' ? 'Authorization code not provided' : 'Missing state parameter',
  )
}
