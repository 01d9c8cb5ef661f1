import { json, type Fake, type Seen } from './fake'

const EMAIL = 'ops@example.com'
const TOKEN = 'ATATT3xFfGF0-bitbucket-0123456789'
const CLIENT = { id: 'bbkey0123456789', secret: 'bbsecret0123456789abcdef' }
export const REDIRECT = 'http://aurora.test/bitbucket/callback'
const repositories = Array.from({ length: 120 }, (_, index) => ({
  uuid: `{repo-${index + 1}}`,
  slug: `repo-${index + 1}`,
  full_name: `example/repo-${index + 1}`,
  name: `Repo ${index + 1}`,
  is_private: true,
  mainbranch: { name: 'main' },
}))

const codes = new Set<string>()
const accessTokens = new Set<string>()
const refreshTokens = new Set<string>()
let issued = 0

const failed = (status: number) =>
  json({ type: 'error', error: { message: 'words of the vendor that nobody may see' } }, status)

export const bitbucket: Fake = {
  id: 'bitbucket',
  hosts: ['api.bitbucket.org', 'bitbucket.org'],
  form: {
    good: { email: EMAIL, api_token: TOKEN },
    refused: { email: EMAIL, api_token: 'api-token-of-somebody-else' },
  },
  secrets: [TOKEN, CLIENT.secret, `${EMAIL}:${TOKEN}`],
  accountId: 'ops',
  resources: {
    first: repositories.slice(0, 100).map((it) => it.full_name),
    second: repositories.slice(100).map((it) => it.full_name),
  },
  revocation: 'unsupported',
  oauth: {
    variables: { BITBUCKET_CLIENT_ID: CLIENT.id, BITBUCKET_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string | null => authorize.searchParams.get(name)
      // Bitbucket answers only to the address of its consumer, and knows no PKCE.
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('response_type') !== 'code' || given('code_challenge') !== null) return 'refused'
      const code = `bb-code-${++issued}`
      codes.add(code)
      return code
    },
  },
  answer: (seen) => (seen.url.hostname === 'bitbucket.org' ? oauth(seen) : rest(seen)),
}

function oauth({ method, url, headers, body }: Seen) {
  if (method !== 'POST' || url.pathname !== '/site/oauth2/access_token') return failed(404)
  if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
    return json({ error: 'invalid_request' }, 400)
  const form = new URLSearchParams(body)
  if (headers.get('authorization') !== `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`)
    return json({ error: 'unauthorized_client' }, 401)
  if (form.get('client_secret') !== null) return json({ error: 'invalid_request' }, 400)
  if (form.get('grant_type') === 'refresh_token')
    return refreshTokens.has(form.get('refresh_token') ?? '')
      ? grant()
      : json({ error: 'invalid_grant' }, 400)
  if (form.get('grant_type') !== 'authorization_code' || form.get('redirect_uri') !== REDIRECT)
    return json({ error: 'invalid_request' }, 400)
  return codes.delete(form.get('code') ?? '') ? grant() : json({ error: 'invalid_grant' }, 400)
}

function grant() {
  const access = `bb-access-${++issued}-0123456789`
  const refresh = `bb-refresh-${issued}`
  accessTokens.add(access)
  refreshTokens.add(refresh)
  return json({
    access_token: access,
    refresh_token: refresh,
    token_type: 'bearer',
    expires_in: 7200,
    scopes: 'account repository',
  })
}

function rest({ url, headers }: Seen) {
  const authorization = headers.get('authorization') ?? ''
  const isToken = authorization === `Basic ${btoa(`${EMAIL}:${TOKEN}`)}`
  if (!isToken && !accessTokens.has(authorization.replace('Bearer ', ''))) return failed(401)
  const path = url.pathname.replace('/2.0', '')
  switch (path) {
    case '/user':
      return json({ username: 'ops', display_name: 'Ops', account_id: '1' }, 200, {
        'x-oauth-scopes': isToken
          ? 'read:user:bitbucket, read:workspace:bitbucket, read:project:bitbucket, read:repository:bitbucket, write:pullrequest:bitbucket'
          : 'account, project, repository, pullrequest:write, issue',
      })
    case '/user/workspaces':
      return json({ values: [{ type: 'workspace_access', workspace: { slug: 'example', uuid: '{w1}' } }] })
    case '/workspaces/example/projects':
      return json({ values: [{ key: 'OPS', name: 'Ops' }] })
    case '/repositories/example':
      return paged(url)
    case '/repositories/example/repo-1/refs/branches':
      return json({ values: [{ name: 'main', target: { hash: 'a1' } }] })
    case '/repositories/example/repo-1/pullrequests':
      return json({ values: [{ id: 1, title: 'Fix', state: url.searchParams.get('state') ?? 'OPEN' }] })
    case '/repositories/example/repo-1/issues':
      return json({ values: [{ id: 7, title: 'Broken' }] })
    default:
      return failed(404)
  }
}

function paged(url: URL) {
  const length = Number(url.searchParams.get('pagelen') ?? '10')
  const page = Number(url.searchParams.get('page') ?? '1')
  const next = new URL(url)
  next.searchParams.set('page', String(page + 1))
  const values = repositories.slice((page - 1) * length, page * length)
  return json({ values, ...(page * length < repositories.length ? { next: next.href } : {}) })
}
