/** The second half of a login: in a fixed order, so that no code is spent on a callback that nobody asked for. */
import * as z from 'zod'
import type { Connector, Proved } from '../../connectors/connector'
import type { LoginFailure, Tokens } from '../../connectors/oauth'
import type { Refusal } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import { sameSecret, sha256Hex } from '../../lib/hmac'
import { open, seal } from '../../lib/seal'
import { log } from '../../lib/log'
import type { ConnectionRow, OAuthStateRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { insertJob } from '../../store/connector-jobs'
import { hasRole } from '../context'
import { bindingName, endpointsOf, LOGIN_MS, type LoginOrigin } from './begin-login'
import { storeProved } from './connect'
import { claimPlace, verifierPlace } from './credentials'
import { exchangeCode } from './exchange'
import { startJob } from './jobs'
import { openHeld } from './opened'
import { settingsOf, vendorCtx, type Ports } from './ports'
import { openCredential } from './credentials'

export interface Callback {
  readonly code: string | null
  readonly state: string | null
  readonly error: string | null
  /** Issuer of the answer (RFC 9207), where the vendor names itself. */
  readonly issuer: string | null
}

interface Person {
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
    }
  /** The browser was not proved: the ticket is for it alone. */
  | { readonly kind: 'pending'; readonly origin: LoginOrigin; readonly ticket: string }

const extra = z.object({
  style: z.enum(['uniform', 'original']),
  products: z.array(z.string()),
  note: z.string().nullable(),
})

export async function completeLogin(
  ports: Ports,
  connector: Connector,
  callback: Callback,
  browser: Browser,
  now: number,
): Promise<LoginResult> {
  if (callback.code === null && callback.error === null) return { kind: 'incomplete', missing: 'code' }
  if (callback.state === null) return { kind: 'incomplete', missing: 'state' }
  const stateHash = await sha256Hex(callback.state)
  const row = await ports.takeState(stateHash, connector.id, now)
  if (row === null) return { kind: 'failed', reason: 'invalid_state', origin: null }
  const origin: LoginOrigin = { ...extra.parse(row.extraJson), redirectAfter: row.redirectAfter }
  const failed = (reason: LoginFailure): LoginResult => ({ kind: 'failed', reason, origin })
  if (browser.poster !== null && !isStarter(row, browser.poster)) return failed('invalid_state')
  if (callback.error !== null || callback.code === null)
    return failed(callback.error === 'access_denied' ? 'access_denied' : 'provider_error')
  const db = ports.tenant(row.orgId)
  const [starter] = await store.roleOf(db, row.userId)
  if (starter === undefined || !hasRole(starter.role, 'editor')) return failed('forbidden')
  try {
    const proved = await proveLogin(ports, connector, row, callback.code, callback.issuer, origin)
    if (!proved.ok) return failed(proved.reason)
    return (await isProved(ports, row, browser))
      ? await storeLogin(ports, connector, row, proved.value, origin, now)
      : await keepForClaim(ports, connector, row, proved.value, origin, now)
  } catch (error) {
    log.error('login.storage_failed', error, { provider: connector.id })
    return failed('storage_failed')
  }
}

const isStarter = (row: OAuthStateRow, person: Person): boolean =>
  person.userId === row.userId && person.orgId === row.orgId

/** Whether the browser that came back is that of the user who began. */
async function isProved(ports: Ports, row: OAuthStateRow, browser: Browser): Promise<boolean> {
  if (ports.loopback && ports.setting('OAUTH_BROWSER_PROOF') === 'off') return true
  if (browser.poster !== null) return true
  const binding = browser.cookie(bindingName(row.stateHash))
  if (binding !== null && (await sameSecret(await sha256Hex(binding), row.browserHash))) return true
  const session = await browser.session()
  return session !== null && isStarter(row, session)
}

type ProvedLogin =
  | { readonly ok: true; readonly value: Proved }
  | { readonly ok: false; readonly reason: LoginFailure }

async function proveLogin(
  ports: Ports,
  connector: Connector,
  row: OAuthStateRow,
  code: string,
  issuer: string | null,
  origin: LoginOrigin,
): Promise<ProvedLogin> {
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
    data: oauth,
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
  const stored = await storedSecret(ports, connector, row, exchanged.tokens)
  if (oauth.needsRefreshToken && exchanged.tokens.refreshToken === null && stored === null)
    return { ok: false, reason: 'no_refresh_token' }
  const ctx = vendorCtx(ports, connector, { endpoint: row.endpoint })
  const outcome = await connector.proveTokens(ctx, exchanged.tokens, row.endpoint, stored)
  return outcome.kind === 'ok' ? { ok: true, value: outcome.value } : { ok: false, reason: reasonOf(outcome) }
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

function reasonOf(refusal: Refusal): LoginFailure {
  switch (refusal.kind) {
    case 'credential_refused':
    case 'expired':
      return 'exchange_failed'
    case 'insufficient_permission':
      return 'scope_missing'
    case 'no_resources':
      return 'provider_error'
    case 'rate_limited':
    case 'unreachable':
    case 'vendor_error':
    case 'blocked':
      return 'upstream_error'
  }
}

async function storeLogin(
  ports: Ports,
  connector: Connector,
  row: OAuthStateRow,
  proved: Proved,
  origin: LoginOrigin,
  now: number,
): Promise<LoginResult> {
  const db = ports.tenant(row.orgId)
  const connection = await storeProved(db, ports, connector, proved, {
    userId: row.userId,
    method: 'oauth_code',
    event: 'connector.connect',
    now,
  })
  const kind = connector.jobAfterLogin
  const jobId =
    kind === undefined ? null : await startJob(db, ports, connection, kind, { userId: row.userId, now })
  return { kind: 'connected', origin, connection, jobId }
}

/** No connection yet: what was proved waits ten minutes, sealed, for whoever began the login and shows the ticket. */
async function keepForClaim(
  ports: Ports,
  connector: Connector,
  row: OAuthStateRow,
  proved: Proved,
  origin: LoginOrigin,
  now: number,
): Promise<LoginResult> {
  const ticket = crypto.randomUUID()
  const db = ports.tenant(row.orgId)
  await db.commit([
    insertJob(db, {
      id: ticket,
      userId: row.userId,
      provider: connector.id,
      kind: connector.jobAfterLogin ?? 'login',
      claimSealed: await seal(await ports.masters(), claimPlace(ticket), JSON.stringify(proved)),
      claimExpiresAt: now + LOGIN_MS,
      createdAt: now,
      updatedAt: now,
    }),
  ])
  return { kind: 'pending', origin, ticket }
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
