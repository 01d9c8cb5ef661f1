/** Logins on the paths of the original product: how they begin, and where they end. */
import type { Connector } from '../connectors/connector'
import type { LoginFailure } from '../connectors/oauth'
import { beginLogin, type LoginOrigin } from '../services/connectors/begin-login'
import type { LoginResult } from '../services/connectors/login'
import type { AppContext } from './env'
import { loginPage } from './login-page'
import { connectorPorts } from './middleware/tenant'
import { bindBrowser, pageAfter } from './oauth-browser'

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

/** The words of a frontend's page for what can go wrong. */
type Words = Readonly<Partial<Record<LoginFailure, string>>> & {
  readonly incomplete: string
  readonly otherwise: string
}

/** The end of a login at a page of the frontend, with the outcome in its query. `page` gets the error, null for none. */
export function originalPage(
  c: AppContext,
  connector: Connector,
  result: LoginResult,
  words: Words,
  page: (error: string | null) => { readonly path: string; readonly query: Readonly<Record<string, string>> },
): string {
  const ports = connectorPorts(c)
  if (result.kind !== 'incomplete' && result.origin?.style === 'uniform')
    return pageAfter(ports, connector.id, result)
  const error =
    result.kind === 'incomplete'
      ? words.incomplete
      : result.kind === 'failed'
        ? (words[result.reason] ?? words.otherwise)
        : null
  const { path, query } = page(error)
  const url = new URL(path, `${ports.frontendBase}/`)
  url.search = new URLSearchParams({
    ...query,
    ...(result.kind === 'pending' ? { task_id: result.ticket } : {}),
    ...(error === null ? {} : { error }),
  }).toString()
  return url.href
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
