/** From a login's code to an account that its vendor confirmed. */
import type { Connector } from '../../connectors/connector'
import type { LoginFailure, Tokens } from '../../connectors/oauth'
import type { Refusal } from '../../connectors/outcome'
import type { Proved } from '../../connectors/proof'
import { open } from '../../lib/seal'
import type { OAuthStateRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { endpointsOf, type LoginOrigin } from './begin-login'
import { openCredential, verifierPlace } from './credentials'
import { exchangeCode } from './exchange'
import type { LoginPlan } from './login'
import { openHeld } from './opened'
import { settingsOf, vendorCtx, type Ports } from './ports'

export type ProvedLogin =
  | { readonly ok: true; readonly value: Proved; readonly expiresIn: number | null }
  | { readonly ok: false; readonly reason: LoginFailure }

interface UnderWay {
  readonly row: OAuthStateRow
  readonly code: string
  readonly issuer: string | null
  readonly origin: LoginOrigin
  readonly inBrowser: boolean
}

export async function proveLogin(
  ports: Ports,
  connector: Connector,
  { row, code, issuer, origin, inBrowser }: UnderWay,
  plan: LoginPlan | null,
): Promise<ProvedLogin | 'owned'> {
  const { oauth } = connector
  if (oauth === null) return { ok: false, reason: 'provider_error' }
  if (issuer !== null && oauth.openid !== null && !oauth.openid.issuers.includes(issuer))
    return { ok: false, reason: 'identity_invalid' }
  const settings = settingsOf(ports, connector, row.endpoint)
  const endpoints = endpointsOf(oauth, { endpoint: row.endpoint, settings })
  const client = oauth.client(row.endpoint)
  const verifier = await open(await ports.masters(), verifierPlace(row.stateHash), row.verifierSealed)
  if (endpoints === null || !verifier.ok) return { ok: false, reason: 'invalid_state' }
  const exchanged = await exchangeCode({
    ctx: vendorCtx(ports, connector, { endpoint: row.endpoint }),
    data: { ...oauth, pkce: plan?.pkce(origin) ?? oauth.pkce },
    endpoints,
    clientId: settings[client.id] ?? '',
    clientSecret: settings[client.secret] ?? '',
    code,
    redirectUri: row.redirectUri,
    verifier: verifier.plaintext,
    nonceHash: row.nonceHash,
    scopes: oauth.scopes(origin.products),
  })
  if (!exchanged.ok) return exchanged
  if (plan !== null)
    return provedBy(
      await plan.prove({ row, tokens: exchanged.tokens, isProved: inBrowser }),
      exchanged.tokens,
    )
  const stored = await storedSecret(ports, connector, row, exchanged.tokens)
  if (oauth.needsRefreshToken && exchanged.tokens.refreshToken === null && stored === null)
    return { ok: false, reason: 'no_refresh_token' }
  const ctx = vendorCtx(ports, connector, { endpoint: row.endpoint })
  const choice = { endpoint: row.endpoint, products: origin.products }
  const outcome = await connector.proveTokens(ctx, exchanged.tokens, choice, stored)
  return provedBy(outcome, exchanged.tokens)
}

function provedBy(
  outcome: Awaited<ReturnType<LoginPlan['prove']>>,
  { expiresIn }: Tokens,
): ProvedLogin | 'owned' {
  if (outcome.kind === 'owned') return 'owned'
  return outcome.kind === 'ok'
    ? { ok: true, value: outcome.value, expiresIn }
    : { ok: false, reason: reasonOf(outcome) }
}

/** The secret of the same account's connection: vendors give a refresh token only the first time. */
async function storedSecret(
  ports: Ports,
  connector: Connector,
  row: OAuthStateRow,
  tokens: Tokens,
): Promise<unknown> {
  if (tokens.refreshToken !== null || tokens.identity === null) return null
  const db = ports.tenant(row.orgId)
  const live = await store.liveConnections(db, connector.id)
  const same = live.find(({ accountId }) => accountId === tokens.identity?.['sub'])
  const held = same === undefined ? null : await openHeld(db, ports, connector, same)
  return held === null ? null : openCredential(await ports.masters(), held.holder, held.secret)
}

function reasonOf(refusal: Refusal | { readonly kind: LoginFailure }): LoginFailure {
  switch (refusal.kind) {
    case 'credential_refused':
    case 'expired':
      return 'exchange_failed'
    case 'insufficient_permission':
      return 'scope_missing'
    case 'no_resources':
      return 'no_resources'
    case 'rate_limited':
    case 'unreachable':
    case 'vendor_error':
    case 'blocked':
      return 'upstream_error'
    default:
      return refusal.kind
  }
}
