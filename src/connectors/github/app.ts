/** GitHub's App: who we are there, its installations, and the tokens that they are exchanged for. */
import { importPKCS8, SignJWT } from 'jose'
import * as z from 'zod'
import { headerAccess } from '../access'
import { ask, basic, type Judgement } from '../ask'
import type { Minted, Revocation } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { settingOf, type Settings } from '../settings'
import { API, headersWith, type AppDetails } from './details'

export const OAUTH_CLIENT = { id: 'GITHUB_OAUTH_CLIENT_ID', secret: 'GITHUB_OAUTH_CLIENT_SECRET' } as const
export const APP_CLIENT = { id: 'GITHUB_APP_CLIENT_ID', secret: 'GITHUB_APP_CLIENT_SECRET' } as const
export const APP_VARIABLES = [
  'GITHUB_APP_ID',
  'GITHUB_APP_SLUG',
  'GITHUB_APP_PRIVATE_KEY',
  APP_CLIENT.id,
  APP_CLIENT.secret,
] as const

const MODES = ['app', 'oauth', 'hybrid'] as const
type Mode = (typeof MODES)[number]

/** How a deployment connects to GitHub; App installations unless it says otherwise. */
export const modeOf = (settings: Settings): Mode =>
  MODES.find((mode) => mode === settingOf(settings, 'GITHUB_AUTH_MODE')) ?? 'app'

const has = (settings: Settings, names: readonly string[]): boolean =>
  names.every((name) => settingOf(settings, name) !== null)

/** Whether the App can be used here. */
export const appIsOn = (settings: Settings): boolean =>
  modeOf(settings) !== 'oauth' && has(settings, APP_VARIABLES)

/** Whether people can log in here as themselves. */
export const oauthIsOn = (settings: Settings): boolean =>
  modeOf(settings) !== 'app' && has(settings, Object.values(OAUTH_CLIENT))

const MOST_PAGES = 5
/** Our own identity is in trouble: nothing that a customer did. */
const OWN: Judgement = { 401: { kind: 'vendor_error' } }

/** The App's own token: ten minutes at most, back-dated for clocks that differ. Null for a key that is no PKCS#8. */
async function appToken({ settings, now }: VendorCtx): Promise<string | null> {
  const [issuer, pem] = [settingOf(settings, APP_CLIENT.id), settingOf(settings, 'GITHUB_APP_PRIVATE_KEY')]
  if (issuer === null || pem === null) return null
  const seconds = Math.floor(now() / 1000)
  try {
    // Variables often carry the line ends of a PEM as two characters.
    const key = await importPKCS8(pem.replaceAll(String.raw`\n`, '\n'), 'RS256')
    return await new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(issuer)
      .setIssuedAt(seconds - 60)
      .setExpirationTime(seconds + 9 * 60)
      .sign(key)
  } catch {
    return null
  }
}

const minted = z.object({ token: z.string().min(1), expires_at: z.iso.datetime() })

/** An hour's access to what an installation may see. */
export async function mintInstallation(
  ctx: VendorCtx,
  installationId: number,
): Promise<Outcome<Minted<never>>> {
  const token = await appToken(ctx)
  if (token === null) return { kind: 'vendor_error' }
  const answer = await ask(
    ctx.fetch,
    `${API}/app/installations/${installationId}/access_tokens`,
    { method: 'POST', headers: headersWith(`Bearer ${token}`) },
    minted,
    { ...OWN, 403: { kind: 'insufficient_permission', text: 'The installation is suspended' }, 404: GONE },
  )
  return mapOk(answer, ({ token, expires_at }) => ({
    access: headerAccess(headersWith(`Bearer ${token}`)),
    expiresAt: Date.parse(expires_at),
  }))
}

const GONE = { kind: 'expired' } as const

const installation = z
  .object({
    id: z.int(),
    account: z.object({ login: z.string().min(1), id: z.int().nullish(), type: z.string().nullish() }),
    target_type: z.string().nullish(),
    permissions: z.record(z.string(), z.string()).nullish(),
    events: z.array(z.string()).nullish(),
    repository_selection: z.string().nullish(),
    suspended_at: z.string().nullish(),
  })
  .transform((it): AppDetails => ({
    authType: 'app',
    username: it.account.login,
    installationId: it.id,
    accountId: it.account.id ?? null,
    accountType: it.account.type ?? null,
    targetType: it.target_type ?? null,
    permissions: it.permissions ?? {},
    events: it.events ?? [],
    repositorySelection: it.repository_selection ?? null,
    suspendedAt: it.suspended_at ?? null,
  }))

/** The installation as GitHub tells the App itself: proof that it is an installation of ours. */
export async function readInstallation(ctx: VendorCtx, installationId: number): Promise<Outcome<AppDetails>> {
  const token = await appToken(ctx)
  if (token === null) return { kind: 'vendor_error' }
  const headers = headersWith(`Bearer ${token}`)
  return ask(ctx.fetch, `${API}/app/installations/${installationId}`, { headers }, installation, {
    ...OWN,
    404: GONE,
  })
}

const page = z.object({ total_count: z.int(), installations: z.array(installation) })

/** The installations that the person behind this token can reach. */
export async function installationsOfUser(
  ctx: VendorCtx,
  userToken: string,
): Promise<Outcome<readonly AppDetails[]>> {
  const all: AppDetails[] = []
  for (let number = 1; number <= MOST_PAGES; number++) {
    const url = withQuery(`${API}/user/installations`, { per_page: 100, page: number })
    const found = await ask(ctx.fetch, url, { headers: headersWith(`Bearer ${userToken}`) }, page)
    if (found.kind !== 'ok') return found
    all.push(...found.value.installations)
    if (all.length >= found.value.total_count || found.value.installations.length === 0) break
  }
  return ok(all)
}

/** Removes the App from the account: only when a person asked for exactly that. */
export async function uninstall(ctx: VendorCtx, installationId: number): Promise<boolean> {
  const token = await appToken(ctx)
  if (token === null) return false
  const answer = await ctx.fetch(`${API}/app/installations/${installationId}`, {
    method: 'DELETE',
    headers: headersWith(`Bearer ${token}`),
  })
  return answer.kind === 'ok' && (answer.value.status === 204 || answer.value.status === 404)
}

/** Ends one token of a person, not the whole grant. */
export async function revokeUserToken(
  ctx: VendorCtx,
  client: { readonly id: string; readonly secret: string },
  token: string,
): Promise<Revocation> {
  const [id, key] = [settingOf(ctx.settings, client.id), settingOf(ctx.settings, client.secret)]
  if (id === null || key === null) return 'failed'
  const answer = await ctx.fetch(`${API}/applications/${encodeURIComponent(id)}/token`, {
    method: 'DELETE',
    headers: { ...headersWith(basic(id, key)), 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: token }),
  })
  if (answer.kind !== 'ok') return 'failed'
  if (answer.value.status === 204) return 'revoked'
  return answer.value.status === 404 || answer.value.status === 422 ? 'already' : 'failed'
}
