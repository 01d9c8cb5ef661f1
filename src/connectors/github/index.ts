/** GitHub: a person's login without refresh tokens, or installations of an App, each a connection of its own. */
import * as z from 'zod'
import { headerAccess } from '../access'
import { readAs } from '../ask'
import { connector, noSettings } from '../connector'
import type { Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import {
  APP_VARIABLES,
  appIsOn,
  mintInstallation,
  OAUTH_CLIENT,
  oauthIsOn,
  readInstallation,
  revokeUserToken,
} from './app'
import { API, details, headersWith, installationAccount, type Details } from './details'
import { operations } from './operations'
import { pageOfRepositories } from './repositories'

const secret = z.union([z.object({ token: z.string() }), z.object({ installation: z.int() })])
type Secret = z.infer<typeof secret>
const user = z.object({ login: z.string().min(1) })
const SECOND_LIMIT = { kind: 'rate_limited', retryAfterSeconds: 60 } as const

export const LOGIN = {
  authorize: 'https://github.com/login/oauth/authorize',
  token: 'https://github.com/login/oauth/access_token',
} as const

export const github = connector({
  id: 'github',
  name: 'GitHub',
  category: 'code',
  kinds: ['oauth_code', 'api_key'],
  multiAccount: false,
  hosts: ['api.github.com', 'github.com'],
  optionalVariables: ['GITHUB_AUTH_MODE', 'GITHUB_APP_WEBHOOK_SECRET', ...APP_VARIABLES],
  enabledIf: (settings) => appIsOn(settings) || oauthIsOn(settings),
  revokeHint: 'Remove the application, or the App, under Settings, Applications in GitHub.',
  summary: ['username', 'authType'],
  oauth: {
    endpoints: LOGIN,
    client: () => OAUTH_CLIENT,
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: null,
    scopes: () => ['repo', 'read:user'],
    requiredScopes: ['repo'],
    redirect: { base: 'api', path: '/github/callback' },
    needsRefreshToken: false,
    read: ({ accessToken }) => ok({ secret: { token: accessToken }, settings: {} }),
  },
  secret,
  settings: noSettings,
  details,
  prove: async (ctx, { secret }) =>
    'token' in secret ? proveToken(ctx, secret.token) : proveInstallation(ctx, secret.installation),
  access: {
    kind: 'minted',
    fixed: ({ secret }) => ('token' in secret ? headerAccess(headersWith(`Bearer ${secret.token}`)) : null),
    mint: async (ctx, { secret }) =>
      'token' in secret ? { kind: 'vendor_error' } : mintInstallation(ctx, secret.installation),
  },
  resources: pageOfRepositories,
  // An installation is no credential to end: whoever installed the App removes it, or asks for that at disconnect.
  revoke: async (ctx, { secret }) =>
    'token' in secret ? revokeUserToken(ctx, OAUTH_CLIENT, secret.token) : 'unsupported',
  operations,
})

async function proveToken(ctx: VendorCtx, token: string): Promise<Outcome<Proof<Secret, Details>>> {
  const answer = await ctx.fetch(`${API}/user`, { headers: headersWith(`Bearer ${token}`) })
  if (answer.kind !== 'ok') return answer
  // GitHub answers 403 where others answer 429.
  if (answer.value.status === 403 && answer.value.headers.get('x-ratelimit-remaining') === '0')
    return SECOND_LIMIT
  const found = readAs(answer.value, user, { 401: { kind: 'expired' } })
  if (found.kind !== 'ok') return found
  const scopes = (answer.value.headers.get('x-oauth-scopes') ?? '').split(/[\s,]+/).filter((it) => it !== '')
  const { login } = found.value
  return ok({
    accountId: login,
    accountName: login,
    details: { username: login, authType: 'oauth', scopes },
  })
}

const proveInstallation = async (
  ctx: VendorCtx,
  installationId: number,
): Promise<Outcome<Proof<Secret, Details>>> =>
  mapOk(await readInstallation(ctx, installationId), (found) => ({
    accountId: installationAccount(installationId),
    accountName: found.username,
    details: found,
    method: 'api_key',
    multiAccount: true,
  }))
