/** The second half of a login: in a fixed order, so that no code is spent on a callback that nobody asked for. */
import * as z from 'zod'
import type { Connector } from '../../connectors/connector'
import type { LoginFailure } from '../../connectors/oauth'
import type { Proved } from '../../connectors/proof'
import { sameSecret, sha256Hex } from '../../lib/hmac'
import { log } from '../../lib/log'
import { seal } from '../../lib/seal'
import { audit } from '../../store/audit'
import type { OAuthStateRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { insertJob } from '../../store/connector-jobs'
import type { TenantDb } from '../../store/tenant-db'
import { hasRole } from '../context'
import { bindingName, LOGIN_MS, type LoginOrigin } from './begin-login'
import { storeProved } from './connect'
import { claimPlace } from './credentials'
import type { Browser, Callback, LoginPlan, LoginResult, Person } from './login'
import type { Ports } from './ports'
import { proveLogin, type ProvedLogin } from './prove-login'
import { startJob } from './start-job'

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
