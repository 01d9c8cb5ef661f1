/** Bitbucket Cloud: an API token with its owner's address, or a login of a consumer. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headersOf, type Access } from '../access'
import { readAs, type Judgement } from '../ask'
import { connector } from '../connector'
import type { Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API, details, missingScopes, settings, type Details } from './details'
import { listPage, listWorkspaces, pathOf, textIn } from './listing'
import { operations } from './operations'
import { CLIENT, mint, secret, TOKEN_URL, type Secret } from './tokens'

const BOTH = 'Both email and API token are required for API token authentication'
const JUDGEMENT: Judgement = {
  401: {
    kind: 'credential_refused',
    text: 'Invalid Bitbucket credentials. Check your email and API token.',
  },
}
const user = z.object({
  username: z.string().nullish(),
  nickname: z.string().nullish(),
  display_name: z.string(),
})

export const bitbucket = connector({
  id: 'bitbucket',
  name: 'Bitbucket',
  category: 'code',
  kinds: ['oauth_code', 'api_key'],
  multiAccount: false,
  hosts: ['api.bitbucket.org', 'bitbucket.org'],
  revokeHint: 'Revoke the API token in your Atlassian account, or the application under Bitbucket settings.',
  summary: ['username', 'auth_type'],
  form: {
    schema: z.object({
      email: text({ error: BOTH, max: 320 }),
      api_token: text({ error: BOTH, max: 500 }),
      auth_type: optional(z.string({ error: 'Invalid auth_type' }).max(50, 'Invalid auth_type')),
    }),
    read: ({ email, api_token }) =>
      ok({
        secret: { auth_type: 'api_token' as const, email, api_token },
        settings: { auth_type: 'api_token' as const },
      }),
  },
  oauth: {
    endpoints: { authorize: 'https://bitbucket.org/site/oauth2/authorize', token: TOKEN_URL },
    client: () => CLIENT,
    clientAuth: 'basic',
    body: 'form',
    pkce: false,
    openid: null,
    scopes: () => [],
    requiredScopes: [],
    redirect: { base: 'api', path: '/bitbucket/callback' },
    needsRefreshToken: true,
    read: ({ refreshToken }) =>
      refreshToken === null
        ? { kind: 'credential_refused' }
        : ok({
            secret: { auth_type: 'oauth' as const, refresh_token: refreshToken },
            settings: { auth_type: 'oauth' as const },
          }),
  },
  secret,
  settings,
  details,
  prove: (ctx, { settings }, access) => prove(ctx, settings.auth_type, access),
  access: { kind: 'minted', mint: async (ctx, candidate) => mint(ctx, candidate) },
  resources: async (ctx, { access }, cursor) => {
    const workspaces = await listWorkspaces(ctx, access)
    if (workspaces.kind !== 'ok') return workspaces
    const slugs = workspaces.value.map(({ slug }) => slug)
    const [first] = slugs
    if (first === undefined) return ok({ resources: [], nextCursor: null })
    const path = cursor ?? repositoriesOf(first)
    return mapOk(await listPage(ctx, access, path), ({ items, next }) => ({
      resources: items.flatMap((it) => {
        const id = textIn(it, 'full_name')
        if (id === null) return []
        const facts = { uuid: textIn(it, 'uuid'), private: it['is_private'] === true }
        return [{ id, name: id, type: 'repository', details: facts }]
      }),
      nextCursor: next ?? firstOfNext(slugs, path),
    }))
  },
  operations,
})

async function prove(
  ctx: VendorCtx,
  auth_type: Details['auth_type'],
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  const headers = { accept: 'application/json', ...headersOf(access) }
  const answer = await ctx.fetch(`${API}/user`, { headers })
  if (answer.kind !== 'ok') return answer
  return mapOk(readAs(answer.value, user, JUDGEMENT), ({ display_name, ...found }) => {
    const username = found.username ?? found.nickname ?? display_name
    const missing = missingScopes(auth_type, answer.value.headers.get('x-oauth-scopes'))
    return {
      accountId: username,
      accountName: display_name,
      details: { auth_type, username, display_name, missing_scopes: [...missing] },
    }
  })
}

const repositoriesOf = (workspace: string): string =>
  withQuery(pathOf('repositories', workspace), { pagelen: 100 })

/** The first page of the workspace after the one that this page is of. */
function firstOfNext(slugs: readonly string[], path: string): string | null {
  const at = slugs.findIndex((slug) => path.startsWith(`${pathOf('repositories', slug)}?`))
  const next = at === -1 ? undefined : slugs[at + 1]
  return next === undefined ? null : repositoriesOf(next)
}
