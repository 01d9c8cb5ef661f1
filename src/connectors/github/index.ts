/** GitHub with one user's token: an OAuth login without refresh tokens. */
import * as z from 'zod'
import { headerAccess, headersOf } from '../access'
import { nextLink, sameOriginPath } from '../address'
import { basic, readAs } from '../ask'
import { connector, noSettings } from '../connector'
import { ok } from '../outcome'
import { withQuery } from '../read'
import { settingOf } from '../settings'
import { API, details } from './details'
import { operations } from './operations'

const CLIENT = { id: 'GITHUB_OAUTH_CLIENT_ID', secret: 'GITHUB_OAUTH_CLIENT_SECRET' } as const
const VERSION = {
  'X-GitHub-Api-Version': '2022-11-28',
  'User-Agent': 'aurora-edge',
  accept: 'application/vnd.github+json',
}

const secret = z.object({ token: z.string() })
const user = z.object({ login: z.string().min(1) })
const repositories = z.array(
  z.object({
    id: z.number(),
    full_name: z.string(),
    private: z.boolean(),
    default_branch: z.string().nullish(),
    archived: z.boolean().nullish(),
  }),
)
const SECOND_LIMIT = { kind: 'rate_limited', retryAfterSeconds: 60 } as const

export const github = connector({
  id: 'github',
  name: 'GitHub',
  category: 'code',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['api.github.com', 'github.com'],
  revokeHint: 'Revoke the application under Settings, Applications in GitHub.',
  summary: ['username', 'authType'],
  oauth: {
    endpoints: {
      authorize: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
    },
    client: () => CLIENT,
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
  prove: async (ctx, { secret }) => {
    const answer = await ctx.fetch(`${API}/user`, { headers: headersFor(secret.token) })
    if (answer.kind !== 'ok') return answer
    // GitHub answers 403 where others answer 429.
    if (answer.value.status === 403 && answer.value.headers.get('x-ratelimit-remaining') === '0')
      return SECOND_LIMIT
    const found = readAs(answer.value, user, { 401: { kind: 'expired' } })
    if (found.kind !== 'ok') return found
    const scopes = (answer.value.headers.get('x-oauth-scopes') ?? '')
      .split(/[\s,]+/)
      .filter((it) => it !== '')
    const { login } = found.value
    return ok({
      accountId: login,
      accountName: login,
      details: { username: login, authType: 'oauth' as const, scopes },
    })
  },
  access: { kind: 'static', of: ({ secret }) => headerAccess(headersFor(secret.token)) },
  resources: async (ctx, { access }, cursor) => {
    const path = cursor ?? '/user/repos'
    const url =
      cursor === null ? withQuery(`${API}${path}`, { per_page: 100, sort: 'full_name' }) : `${API}${path}`
    if (sameOriginPath(API, url) === null || !path.startsWith('/'))
      return { kind: 'blocked', text: 'Invalid cursor' }
    const answer = await ctx.fetch(url, { headers: headersOf(access) })
    if (answer.kind !== 'ok') return answer
    const found = readAs(answer.value, repositories, { 401: { kind: 'expired' } })
    if (found.kind !== 'ok') return found
    const next = nextLink(answer.value.headers)
    return ok({
      resources: found.value.map((it) => ({
        id: it.full_name,
        name: it.full_name,
        type: 'repository',
        details: { repo_id: it.id, private: it.private, default_branch: it.default_branch ?? null },
      })),
      nextCursor: next === null ? null : sameOriginPath(url, next),
    })
  },
  revoke: async (ctx, { secret }) => {
    const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
    if (id === null || key === null) return 'failed'
    const answer = await ctx.fetch(`${API}/applications/${encodeURIComponent(id)}/token`, {
      method: 'DELETE',
      headers: { ...VERSION, authorization: basic(id, key), 'content-type': 'application/json' },
      body: JSON.stringify({ access_token: secret.token }),
    })
    if (answer.kind !== 'ok') return 'failed'
    if (answer.value.status === 204) return 'revoked'
    return answer.value.status === 404 || answer.value.status === 422 ? 'already' : 'failed'
  },
  operations,
})

const headersFor = (token: string) => ({ ...VERSION, authorization: `Bearer ${token}` })
