/** The second half of a login: in a fixed order, so that no code is spent on a callback that nobody asked for. */
import * as z from 'zod'
import type { Connector, Proved } from '../../connectors/connector'
import type { LoginFailure, Tokens } from '../../connectors/oauth'
import type { Outcome, Refusal } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import { sameSecret, sha256Hex } from '../../lib/hmac'
import { open, seal } from '../../lib/seal'
import { log } from '../../lib/log'
import type { ConnectionRow, OAuthStateRow } from '../../store/connection-rows'
import { audit } from '../../store/audit'
import * as store from '../../store/connections'
import { insertJob } from '../../store/connector-jobs'
import type { TenantDb } from '../../store/tenant-db'
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
      /** Seconds that the access of the login itself lives, where the vendor says. */
      readonly expiresIn: number | null
    }
  /** Nothing was connected: it is only known now what belongs to the person. */
  | { readonly kind: 'owned'; readonly origin: LoginOrigin }
  /** The browser was not proved: the ticket is for it alone. */
  | { readonly kind: 'pending'; readonly origin: LoginOrigin; readonly ticket: string }

const extra = z.object({
  style: z.enum(['uniform', 'original']),
  products: z.array(z.string()),
  note: z.string().nullable(),
})

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

export async function completeLogin(
  ports: Ports,
  connector: Connector,
  callback: Callback,
  browser: Browser,
  now: number,
  plan: LoginPlan | null = null,
): Promise<LoginResult> {
  if (callback.code === null && callback.error === null) return { kind: 'incomplete', missing: 'code' }
  if (callback.state === null) return { kind: 'incomplete', missing: 'state' }
  const stateHash = await sha256Hex(callback.state)
  const row = await ports.takeState(stateHash, connector.id, now)
  if (row === null) return { kind: 'failed', reason: 'invalid_state', origin: null }
  const origin: LoginOrigin = { ...extra.parse(row.extraJson), redirectAfter: row.redirectAfter }
  const db = ports.tenant(row.orgId)
  const failed = async (reason: LoginFailure): Promise<LoginResult> => {
    await recordFailure(db, connector, row, reason, now)
    return { kind: 'failed', reason, origin }
  }
  if (browser.poster !== null && !isStarter(row, browser.poster)) return failed('invalid_state')
  if (callback.error !== null || callback.code === null)
    return failed(callback.error === 'access_denied' ? 'access_denied' : 'provider_error')
  const [starter] = await store.roleOf(db, row.userId)
  if (starter === undefined || !hasRole(starter.role, 'editor')) return failed('forbidden')
  try {
    const inBrowser = await isProved(ports, row, browser)
    const login = { row, code: callback.code, issuer: callback.issuer, origin, inBrowser }
    const proved = await proveLogin(ports, connector, login, plan)
    if (proved === 'owned') return { kind: 'owned', origin }
    if (!proved.ok) return await failed(proved.reason)
    const stored = plan?.stored ?? connector
    return inBrowser
      ? await storeLogin(ports, stored, row, proved, origin, now)
      : await keepForClaim(ports, stored, row, proved.value, origin, now)
  } catch (error) {
    log.error('login.storage_failed', error, { provider: connector.id })
    return failed('storage_failed')
  }
}

/** A login that failed is an entry of the audit log, with its reason and nothing else. It fails the same without one. */
async function recordFailure(
  db: TenantDb,
  connector: Connector,
  { userId }: OAuthStateRow,
  reason: LoginFailure,
  now: number,
): Promise<void> {
  try {
    await audit(db, {
      event: 'connector.connect_failed',
      actor: userId,
      subject: connector.id,
      after: { outcome: reason },
      at: now,
    })
  } catch (error) {
    log.error('login.audit_failed', error, { provider: connector.id })
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
  | { readonly ok: true; readonly value: Proved; readonly expiresIn: number | null }
  | { readonly ok: false; readonly reason: LoginFailure }

interface UnderWay {
  readonly row: OAuthStateRow
  readonly code: string
  readonly issuer: string | null
  readonly origin: LoginOrigin
  readonly inBrowser: boolean
}

async function proveLogin(
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

async function storeLogin(
  ports: Ports,
  connector: Connector,
  row: OAuthStateRow,
  { value, expiresIn }: Extract<ProvedLogin, { ok: true }>,
  origin: LoginOrigin,
  now: number,
): Promise<LoginResult> {
  const db = ports.tenant(row.orgId)
  const connection = await storeProved(db, ports, connector, value, {
    userId: row.userId,
    method: 'oauth_code',
    event: 'connector.connect',
    now,
  })
  const kind = connector.jobAfterLogin
  const jobId =
    kind === undefined ? null : await startJob(db, ports, connection, kind, { userId: row.userId, now })
  return { kind: 'connected', origin, connection, jobId, expiresIn }
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
