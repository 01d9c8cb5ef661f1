/** Notion: the token of an internal integration, or a login of a public one. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { ask, basic } from '../ask'
import { connector } from '../connector'
import type { Proof, Revocation } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { settingOf } from '../settings'
import { databasePage } from './databases'
import { API, details, settings, VERSION, type Details } from './details'
import { operations } from './operations'

const CLIENT = { id: 'NOTION_CLIENT_ID', secret: 'NOTION_CLIENT_SECRET' } as const
const INVALID = 'Invalid Notion integration token'

const secret = z.object({ token: z.string() })
type Secret = z.infer<typeof secret>

const form = z.object({
  token_type: optional(z.enum(['iit'], { error: 'Invalid token_type' })),
  token: text({ error: INVALID, min: 40, max: 200 }).refine((it) => /^(secret_|ntn_)/.test(it), INVALID),
})

const me = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  bot: z.object({ workspace_id: z.string().nullish(), workspace_name: z.string().nullish() }).nullish(),
})

export const notion = connector({
  id: 'notion',
  name: 'Notion',
  category: 'knowledge',
  kinds: ['oauth_code', 'api_key'],
  multiAccount: false,
  hosts: ['api.notion.com'],
  revokeHint: 'Delete the integration in Notion under Settings, Connections.',
  summary: ['workspaceName', 'authType'],
  form: {
    schema: form,
    read: ({ token }) => ok({ secret: { token }, settings: { authType: 'iit' as const } }),
  },
  oauth: {
    endpoints: { authorize: `${API}/oauth/authorize`, token: `${API}/oauth/token` },
    client: () => CLIENT,
    clientAuth: 'basic',
    body: 'json',
    pkce: false,
    openid: null,
    scopes: () => [],
    requiredScopes: [],
    redirect: { base: 'frontend', path: '/notion/callback' },
    parameters: { owner: 'user' },
    needsRefreshToken: false,
    read: ({ accessToken }) =>
      ok({ secret: { token: accessToken }, settings: { authType: 'oauth' as const } }),
  },
  secret,
  settings,
  details,
  prove: (ctx, candidate) => prove(ctx, candidate.settings.authType, accessOf(candidate.secret)),
  access: { kind: 'static', of: (candidate) => accessOf(candidate.secret) },
  resources: async (ctx, { access }, cursor) =>
    mapOk(await databasePage(ctx, access, cursor), ({ databases, next }) => ({
      resources: databases.map(({ id, title, url }) => ({
        id,
        name: title,
        type: 'database',
        details: { url },
      })),
      nextCursor: next,
    })),
  revoke: (ctx, candidate) => revoke(ctx, candidate.settings.authType, candidate.secret),
  operations,
})

const accessOf = ({ token }: Secret): Access =>
  headerAccess({ authorization: `Bearer ${token}`, 'notion-version': VERSION })

async function prove(
  ctx: VendorCtx,
  authType: Details['authType'],
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  const judgement = { 401: { kind: 'credential_refused', text: INVALID } } as const
  const answer = await ask(ctx.fetch, `${API}/users/me`, { headers: headersOf(access) }, me, judgement)
  return mapOk(answer, ({ id, name, bot }) => {
    const workspaceName = bot?.workspace_name ?? null
    return {
      accountId: bot?.workspace_id ?? id,
      accountName: workspaceName ?? name ?? 'Notion',
      details: { authType, workspaceName },
    }
  })
}

/** Ends the token of a login; an internal integration belongs to its workspace. */
async function revoke(ctx: VendorCtx, authType: Details['authType'], { token }: Secret): Promise<Revocation> {
  if (authType === 'iit') return 'unsupported'
  const [id, key] = [settingOf(ctx.settings, CLIENT.id), settingOf(ctx.settings, CLIENT.secret)]
  if (id === null || key === null) return 'failed'
  const answer = await ctx.fetch(`${API}/oauth/revoke`, {
    method: 'POST',
    headers: {
      authorization: basic(id, key),
      'content-type': 'application/json',
      'notion-version': VERSION,
    },
    body: JSON.stringify({ token }),
  })
  return answer.kind === 'ok' && answer.value.status === 200 ? 'revoked' : 'failed'
}
