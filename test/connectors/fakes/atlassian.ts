import { XMLValidator } from 'fast-xml-parser'
import { json, type Fake, type Seen } from './fake'

const CLIENT = { id: 'AtlassianClient0123456789', secret: 'ATOA-atlassian-client-secret-0123456789' }
const REDIRECT = 'http://aurora.test/atlassian/callback'
export const SITE = 'https://example.atlassian.net'
export const CLOUD = '11111111-2222-4333-8444-000000000001'
const sites = Array.from({ length: 120 }, (_, index) => ({
  id: `11111111-2222-4333-8444-${String(index + 1).padStart(12, '0')}`,
  url: index === 0 ? SITE : `https://site-${index + 1}.atlassian.net`,
  name: `Site ${index + 1}`,
}))

/** What the next login grants other than it asks for, which products are out of order, and what was written. */
export const atlassianApp = {
  scope: '',
  broken: new Set<string>(),
  issues: new Array<Record<string, unknown>>(),
  pages: new Map<string, { title: string; value: string; version: number; parentId: string | null }>(),
}

/** Scopes by code, by refresh token, by access token. */
const codes = new Map<string, string>()
const refreshTokens = new Map<string, string>()
const accessTokens = new Map<string, string>()
let issued = 0

const failed = (status: number) =>
  json({ code: status, message: 'words of the vendor that nobody may see' }, status)

export const atlassian: Fake = {
  id: 'atlassian',
  hosts: ['auth.atlassian.com', 'api.atlassian.com'],
  form: null,
  secrets: [CLIENT.secret],
  accountId: SITE,
  resources: {
    first: sites.slice(0, 100).map(({ id }) => id),
    second: sites.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  isTokenRequest: ({ url }) => url.href === 'https://auth.atlassian.com/oauth/token',
  takes: ({ url, headers }) =>
    url.hostname === 'auth.atlassian.com' || (headers.get('authorization') ?? '').startsWith('Bearer '),
  oauth: {
    variables: { ATLASSIAN_CLIENT_ID: CLIENT.id, ATLASSIAN_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string => authorize.searchParams.get(name) ?? ''
      if (authorize.origin !== 'https://auth.atlassian.com' || given('audience') !== 'api.atlassian.com')
        return 'refused'
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('prompt') !== 'consent' || given('response_type') !== 'code') return 'refused'
      const code = `atl-code-${++issued}`
      codes.set(code, atlassianApp.scope || given('scope'))
      return code
    },
  },
  answer: (seen) => (seen.url.hostname === 'auth.atlassian.com' ? token(seen) : api(seen)),
}

function token({ method, url, headers, body }: Seen): Response {
  if (method !== 'POST' || url.pathname !== '/oauth/token') return failed(404)
  // Atlassian takes the client with the rest of a JSON body, and nothing else.
  if (headers.get('content-type') !== 'application/json' || headers.get('authorization') !== null)
    return json({ error: 'invalid_request' }, 400)
  const given = JSON.parse(body)
  if (given.client_id !== CLIENT.id || given.client_secret !== CLIENT.secret)
    return json({ error: 'access_denied', error_description: 'Unauthorized' }, 401)
  if (given.grant_type === 'refresh_token') {
    const scope = refreshTokens.get(given.refresh_token)
    refreshTokens.delete(given.refresh_token)
    return scope === undefined
      ? json({ error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' }, 403)
      : grant(scope)
  }
  if (given.grant_type !== 'authorization_code' || given.redirect_uri !== REDIRECT)
    return json({ error: 'invalid_request' }, 400)
  const scope = codes.get(given.code)
  codes.delete(given.code)
  return scope === undefined ? json({ error: 'invalid_grant' }, 403) : grant(scope)
}

function grant(scope: string): Response {
  const access = `atl-access-${++issued}-0123456789`
  const refresh = `atl-refresh-${issued}-0123456789`
  accessTokens.set(access, scope)
  if (scope.includes('offline_access')) refreshTokens.set(refresh, scope)
  return json({
    access_token: access,
    expires_in: 3600,
    token_type: 'Bearer',
    scope,
    ...(scope.includes('offline_access') ? { refresh_token: refresh } : {}),
  })
}

/** Every refresh token ends, as when the person removes the application. */
export const endGrants = (): void => refreshTokens.clear()

function api(seen: Seen): Response {
  const { url, headers } = seen
  const scope = accessTokens.get((headers.get('authorization') ?? '').replace('Bearer ', ''))
  if (scope === undefined) return failed(401)
  const scopes = scope.split(' ').filter((it) => it !== 'offline_access')
  if (url.pathname === '/oauth/token/accessible-resources' && atlassianApp.broken.has('sites'))
    return failed(401)
  if (url.pathname === '/oauth/token/accessible-resources')
    return json(sites.map((site) => ({ ...site, scopes })))
  const [, product = '', rest = ''] =
    /^\/(?:ex|jsm\/ops)\/(confluence|jira|api)\/11111111-2222-4333-8444-000000000001(\/.*)$/.exec(
      url.pathname,
    ) ?? []
  if (atlassianApp.broken.has(product)) return failed(403)
  switch (product) {
    case 'confluence':
      return scopes.includes('read:user:confluence') ? confluence(seen, rest, scopes) : failed(403)
    case 'jira':
      return scopes.includes('read:jira-work') ? jira(seen, rest, scopes) : failed(403)
    case 'api':
      return scopes.includes('read:ops-alert:jira-service-management') && rest.startsWith('/v1/alerts')
        ? json({ values: [] })
        : failed(403)
    default:
      return failed(404)
  }
}

function confluence({ method, url, body }: Seen, path: string, scopes: readonly string[]): Response {
  if (path === '/wiki/rest/api/user/current')
    return json({ type: 'known', displayName: 'Dana', email: 'dana@example.com' })
  if (path === '/wiki/api/v2/spaces' && method === 'GET')
    return json({
      results: url.searchParams.get('keys') === 'OPS' ? [{ id: '77', key: 'OPS', name: 'Operations' }] : [],
    })
  const [, id] = /^\/wiki\/api\/v2\/pages(?:\/(\d+))?$/.exec(path) ?? []
  if (!path.startsWith('/wiki/api/v2/pages')) return failed(404)
  if (method === 'GET')
    return url.searchParams.get('body-format') === 'storage' ? shown(id ?? '') : failed(400)
  if (!scopes.includes('write:page:confluence')) return failed(403)
  const given = JSON.parse(body)
  const value: unknown = given.body?.value
  // What is no XHTML is refused.
  if (typeof value !== 'string' || XMLValidator.validate(`<page>${value}</page>`) !== true) return failed(400)
  const title = String(given.title)
  const taken = [...atlassianApp.pages].some(([other, page]) => other !== id && page.title === title)
  if (taken || given.status !== 'current' || given.body.representation !== 'storage') return failed(400)
  if (method === 'POST') {
    if (given.spaceId !== '77') return failed(404)
    const made = String(1000 + atlassianApp.pages.size)
    atlassianApp.pages.set(made, { title, value, version: 1, parentId: given.parentId ?? null })
    return shown(made)
  }
  const known = atlassianApp.pages.get(id ?? '')
  if (known === undefined || id === undefined) return failed(404)
  if (given.id !== id || given.version?.number !== known.version + 1) return failed(409)
  atlassianApp.pages.set(id, { ...known, title, value, version: known.version + 1 })
  return shown(id)
}

function shown(id: string): Response {
  const page = atlassianApp.pages.get(id)
  if (page === undefined) return failed(404)
  return json({
    id,
    status: 'current',
    title: page.title,
    spaceId: '77',
    version: { number: page.version },
    body: { storage: { representation: 'storage', value: page.value } },
    _links: { webui: `/spaces/OPS/pages/${id}`, base: `${SITE}/wiki` },
  })
}

function jira({ method, body }: Seen, path: string, scopes: readonly string[]): Response {
  if (path === '/rest/api/3/myself') return json({ displayName: 'Dana', emailAddress: 'dana@example.com' })
  if (path === '/rest/api/3/search/jql' && method === 'POST')
    return json({ issues: [{ key: 'OPS-1', asked: JSON.parse(body) }], isLast: true })
  if (path === '/rest/api/3/issue/OPS-1' && method === 'GET')
    return json({ key: 'OPS-1', fields: { summary: 'Broken' } })
  if (method !== 'POST' || !scopes.includes('write:jira-work')) return failed(method === 'POST' ? 403 : 404)
  const given = JSON.parse(body)
  atlassianApp.issues.push({ path, ...given })
  switch (path) {
    case '/rest/api/3/issue':
      // The cloud takes documents, not text.
      return given.fields.project.key !== 'OPS' || typeof given.fields.description === 'string'
        ? failed(400)
        : json({ id: '10001', key: 'OPS-2', self: 'x' }, 201)
    case '/rest/api/3/issue/OPS-1/comment':
      return given.body?.type === 'doc' ? json({ id: '20001' }, 201) : failed(400)
    case '/rest/api/3/issueLink':
      return new Response(null, { status: 201 })
    default:
      return failed(404)
  }
}
