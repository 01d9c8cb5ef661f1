/** Installations of the GitHub App: begun here, proved by a person of GitHub's, linked to one organisation at a time. */
import * as z from 'zod'
import { github } from '../../connectors/github'
import {
  APP_CLIENT,
  appIsOn,
  installationsOfUser,
  revokeUserToken,
  uninstall,
} from '../../connectors/github/app'
import { githubApp } from '../../connectors/github/app-login'
import { appDetails, installationAccount, type AppDetails } from '../../connectors/github/details'
import type { Connector } from '../../connectors/connector'
import { AppError, notFound } from '../../lib/errors'
import type { ConnectionRow } from '../../store/connection-rows'
import { removePending } from '../../store/connections'
import { keepProof, proofOf } from '../../store/github-ownership'
import { hasRole, requireRole, type Ctx } from '../context'
import { beginLogin, LOGIN_MS, type BegunLogin, type LoginOrigin } from './begin-login'
import { completeLogin } from './complete-login'
import type { Browser, Callback, LoginPlan, LoginResult } from './login'
import { storeProved } from './connect'
import { disconnect } from './disconnect'
import { githubAccounts, isInstallation } from './github-accounts'
import { settingsOf, vendorCtx, type Ports } from './ports'
import { notConfigured, refusalError } from './refusal'

/** What a login remembers of how it was begun: an installation page carries no PKCE challenge. */
const INSTALL = 'install'
const MOST_SHOWN = 100

/** Whether `authorize` of this provider means an installation: GitHub, where the App is all there is. */
export const installsApp = (ports: Ports, connector: Connector): boolean =>
  connector.id === github.id && github.enabled(settingsOf(ports, github)) && !hasOAuth(ports)

const hasOAuth = (ports: Ports): boolean => {
  const mode = ports.setting('GITHUB_AUTH_MODE')
  return (mode === 'oauth' || mode === 'hybrid') && ports.setting('GITHUB_OAUTH_CLIENT_ID') !== null
}

/** Begins an installation; the address is GitHub's page for it. @throws AppError forbidden, provider_not_configured */
export async function beginInstall(
  ctx: Ctx,
  ports: Ports,
  origin: Omit<LoginOrigin, 'note' | 'products'>,
): Promise<BegunLogin> {
  requireRole(ctx, 'editor')
  const slug = ports.setting('GITHUB_APP_SLUG')
  if (slug === null || !appIsOn(settingsOf(ports, github))) throw notConfigured(github)
  const login = await beginLogin(ctx, ports, githubApp, {
    origin: { ...origin, products: [], note: INSTALL },
  })
  const url = new URL(`https://github.com/apps/${encodeURIComponent(slug)}/installations/new`)
  url.searchParams.set('state', new URL(login.authorizationUrl).searchParams.get('state') ?? '')
  return { ...login, authorizationUrl: url.href }
}

/**
 * Where GitHub sends the browser after an installation. Which one it was is only believed when the person who came with
 * the code can reach it; without a number, what they can reach is kept as a proof for ten minutes.
 */
export function completeInstall(
  ports: Ports,
  callback: Callback,
  installationId: number | null,
  browser: Browser,
  now: number,
): Promise<LoginResult> {
  const prove: LoginPlan['prove'] = async ({ row, tokens, isProved }) => {
    const ctx = vendorCtx(ports, githubApp)
    const reached = await installationsOfUser(ctx, tokens.accessToken)
    await revokeUserToken(ctx, APP_CLIENT, tokens.accessToken)
    if (reached.kind !== 'ok') return reached
    if (installationId === null) {
      // A proof lets its owner claim, so it is only taken from the browser of whoever began.
      if (!isProved) return { kind: 'invalid_state' }
      const db = ports.tenant(row.orgId)
      const shown = reached.value.slice(0, MOST_SHOWN).map((it) => ({ ...it }))
      const proof = { userId: row.userId, installationsJson: shown, expiresAt: now + LOGIN_MS }
      await db.commit(keepProof(db, proof, now))
      return { kind: 'owned' }
    }
    if (!reached.value.some((it) => it.installationId === installationId))
      return { kind: 'ownership_unproved' }
    if (await isElsewhere(ports, row.orgId, installationId)) return { kind: 'cross_org_claim_refused' }
    return github.proveSecret(vendorCtx(ports, github), { installation: installationId }, {})
  }
  const plan: LoginPlan = { stored: github, pkce: ({ note }) => note !== INSTALL, prove }
  return completeLogin(ports, githubApp, callback, browser, now, plan)
}

const linksOf = (ports: Ports, installationId: number) =>
  ports.connectionsOf(github.id, installationAccount(installationId))

const isElsewhere = async (ports: Ports, orgId: string, installationId: number): Promise<boolean> =>
  (await linksOf(ports, installationId)).some((row) => row.orgId !== orgId)

export interface Installation extends AppDetails {
  /** ms; null for one that is not linked. */
  readonly linkedAt: number | null
  readonly isPrimary: boolean
}

/** The installations of the organisation; the one that was linked first is its primary one. */
export async function listInstallations(ctx: Ctx): Promise<readonly Installation[]> {
  const rows = (await githubAccounts(ctx.db)).filter(isInstallation)
  return rows.flatMap((row, index) => {
    const read = appDetails.safeParse(row.publicJson)
    return read.success ? [{ ...read.data, linkedAt: row.createdAt, isPrimary: index === 0 }] : []
  })
}

/** What the caller showed to be theirs and nobody has linked. @throws AppError ownership_unproved */
export async function discoverInstallations(
  ctx: Ctx,
  ports: Ports,
  begin: () => Promise<string>,
): Promise<readonly Installation[]> {
  const shown = await shownBy(ctx)
  if (shown === null) throw await unproved(ctx, ports, begin)
  const free = await Promise.all(
    shown.map(async (it) => ((await linksOf(ports, it.installationId)).length === 0 ? [it] : [])),
  )
  return free.flat().map((it) => ({ ...it, linkedAt: null, isPrimary: false }))
}

async function shownBy({ db, actor, now }: Ctx): Promise<readonly AppDetails[] | null> {
  const [proof] = await proofOf(db, actor.userId, now)
  return proof === undefined ? null : z.array(appDetails).catch([]).parse(proof.installationsJson)
}

/** The refusal, with the address where the person can show what is theirs; only editors may begin a login. */
async function unproved(ctx: Ctx, ports: Ports, begin: () => Promise<string>): Promise<AppError> {
  const canBegin = hasRole(ctx.actor.role, 'editor') && appIsOn(settingsOf(ports, github))
  return new AppError(
    'ownership_unproved',
    'Log in at GitHub to show which installations are yours',
    canBegin ? { body: { authorization_url: await begin() } } : {},
  )
}

/** @throws AppError forbidden, ownership_unproved, cross_org_claim_refused, not_found, vendor refusals */
export async function claimInstallation(
  ctx: Ctx,
  ports: Ports,
  installationId: number,
  begin: () => Promise<string>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const shown = await shownBy(ctx)
  if (shown?.some((it) => it.installationId === installationId) !== true)
    throw await unproved(ctx, ports, begin)
  if (await isElsewhere(ports, ctx.actor.orgId, installationId))
    throw new AppError('cross_org_claim_refused', 'This installation belongs to another organization')
  const proved = await github.proveSecret(vendorCtx(ports, github), { installation: installationId }, {})
  if (proved.kind === 'expired') throw notFound('Installation not found')
  if (proved.kind !== 'ok') throw refusalError(github, proved)
  await storeProved(ctx.db, ports, github, proved.value, {
    userId: ctx.actor.userId,
    method: 'api_key',
    event: 'connector.claim',
    now: ctx.now,
  })
}

/** Unlinks an installation; at GitHub it stays. @throws AppError forbidden, not_found */
export async function unlinkInstallation(ctx: Ctx, ports: Ports, installationId: number): Promise<void> {
  requireRole(ctx, 'editor')
  const ended = await disconnect(ctx, ports, github, installationAccount(installationId))
  if (ended.disconnected.length === 0) throw notFound('Installation link not found')
}

export const disconnectInput = z.object({
  also_uninstall: z.boolean({ error: 'also_uninstall must be a boolean' }).nullish(),
})

export interface GithubDisconnected {
  readonly removedInstallations: number
  readonly uninstalled: number
  readonly failures: number
  readonly tokenRemoved: boolean
}

/** Ends the login and every link; the App is removed at GitHub only when that was asked for. @throws AppError forbidden */
export async function disconnectGithub(
  ctx: Ctx,
  ports: Ports,
  { also_uninstall }: z.output<typeof disconnectInput>,
): Promise<GithubDisconnected> {
  requireRole(ctx, 'editor')
  const rows = await githubAccounts(ctx.db)
  const installed = rows.filter(isInstallation)
  const removed = also_uninstall === true ? await uninstallAll(ports, installed) : []
  const ended = await disconnect(ctx, ports, github, null)
  await ctx.db.commit(removePending(ctx.db, githubApp.id))
  const gone = new Set(ended.disconnected)
  return {
    removedInstallations: installed.filter(({ accountId }) => gone.has(accountId)).length,
    uninstalled: removed.filter(Boolean).length,
    failures: removed.filter((it) => !it).length,
    tokenRemoved: rows.some((row) => !isInstallation(row) && gone.has(row.accountId)),
  }
}

const uninstallAll = (ports: Ports, rows: readonly ConnectionRow[]): Promise<readonly boolean[]> =>
  Promise.all(
    rows.map(async (row) => {
      const read = appDetails.safeParse(row.publicJson)
      return read.success && (await uninstall(vendorCtx(ports, github), read.data.installationId))
    }),
  )
