/** GitLab, in the cloud or self-hosted: an access token of a person, a group or a project. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf } from '../access'
import { nextLink, readBaseUrl, sameOriginPath } from '../address'
import { ask, readAs, type Judgement } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { details, settings } from './details'
import { operations } from './operations'

const INVALID = 'Invalid GitLab access token or unreachable instance'
const REFUSED = { kind: 'credential_refused', text: INVALID } as const
const REFUSALS: Judgement = { 401: REFUSED, 403: REFUSED, 404: REFUSED }

const secret = z.object({ token: z.string() })
const form = alsoNamed(
  { accessToken: 'access_token', baseUrl: 'base_url' },
  z.object({
    access_token: text({ error: 'access_token is required', max: 500 }),
    base_url: optional(text({ error: 'Invalid base_url; must be an http(s) URL', max: 500 })),
  }),
)

const self = z.object({ name: z.string(), expires_at: z.string().nullish() })
const user = z.object({ username: z.string() })
const projects = z.array(
  z.object({
    id: z.int(),
    path_with_namespace: z.string(),
    default_branch: z.string().nullish(),
    last_activity_at: z.string().nullish(),
  }),
)

const LISTING = { membership: true, simple: true, order_by: 'last_activity_at' } as const

export const gitlab = connector({
  id: 'gitlab',
  name: 'GitLab',
  category: 'code',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  revokeHint: 'Revoke the access token in GitLab.',
  summary: ['username'],
  original: {
    prefixes: ['/gitlab'],
    connected: ({ username, base_url, projects_connected }) => ({
      message: 'GitLab connected successfully',
      username,
      base_url,
      projects_connected: projects_connected ?? 0,
      ...(projects_connected === null ? { warnings: ['The instance does not count its projects'] } : {}),
    }),
    status: ({ username, base_url, token_name }) => ({ username, base_url, token_name }),
    disconnected: () => ({ message: 'GitLab disconnected' }),
  },
  form: {
    schema: form,
    read: ({ access_token, base_url }, ownHosts) => {
      const base = readBaseUrl(base_url ?? 'https://gitlab.com', ownHosts)
      return base.kind === 'ok'
        ? ok({ secret: { token: access_token }, settings: { base_url: base.value } })
        : { kind: 'blocked', text: 'Invalid base_url; must be an http(s) URL' }
    },
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings: { base_url } }, access) => {
    const headers = headersOf(access)
    const api = `${base_url}/api/v4`
    const token = await selfOf(ctx, api, headers)
    if (token.kind !== 'ok') return token
    const who = await ask(ctx.fetch, `${api}/user`, { headers }, user, REFUSALS)
    if (who.kind !== 'ok') return who
    const counted = await countProjects(ctx, api, headers)
    if (counted.kind !== 'ok') return counted
    const expires = token.value?.expires_at ?? null
    return ok({
      accountId: base_url,
      accountName: who.value.username,
      expiresAt: expires === null || !Number.isFinite(Date.parse(expires)) ? null : Date.parse(expires),
      details: {
        base_url,
        username: who.value.username,
        token_name: token.value?.name ?? null,
        projects_connected: counted.value,
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => headerAccess({ 'PRIVATE-TOKEN': secret.token }) },
  resources: async (ctx, { access, details }, cursor) => {
    const first = withQuery(`${details.base_url}/api/v4/projects`, { ...LISTING, per_page: 100 })
    const url = cursor === null ? first : new URL(cursor, first).href
    if (!url.startsWith(`${details.base_url}/api/v4/projects?`))
      return { kind: 'blocked', text: 'Invalid cursor' }
    const answer = await ctx.fetch(url, { headers: headersOf(access) })
    if (answer.kind !== 'ok') return answer
    const found = readAs(answer.value, projects)
    if (found.kind !== 'ok') return found
    const next = nextLink(answer.value.headers)
    return ok({
      resources: found.value.map(({ id, path_with_namespace, default_branch, last_activity_at }) => ({
        id: path_with_namespace,
        name: path_with_namespace,
        type: 'project',
        details: {
          project_id: id,
          default_branch: default_branch ?? null,
          last_activity_at: last_activity_at ?? null,
        },
      })),
      nextCursor: next === null ? null : sameOriginPath(url, next),
    })
  },
  operations,
})

type Headers = Readonly<Record<string, string>>

/** What the token says of itself; null where the instance is too old to be asked. */
async function selfOf(
  ctx: VendorCtx,
  api: string,
  headers: Headers,
): Promise<Outcome<z.infer<typeof self> | null>> {
  const answer = await ctx.fetch(`${api}/personal_access_tokens/self`, { headers })
  if (answer.kind !== 'ok') return answer
  return answer.value.status === 404 ? ok(null) : readAs(answer.value, self, REFUSALS)
}

/** How many projects there are, which only a header tells; null when it does not. */
async function countProjects(ctx: VendorCtx, api: string, headers: Headers): Promise<Outcome<number | null>> {
  const answer = await ctx.fetch(withQuery(`${api}/projects`, { ...LISTING, per_page: 1 }), { headers })
  if (answer.kind !== 'ok') return answer
  const listed = readAs(answer.value, projects, REFUSALS)
  if (listed.kind !== 'ok') return listed
  const total = answer.value.headers.get('x-total') ?? ''
  return ok(/^\d{1,9}$/.test(total) ? Number(total) : null)
}
