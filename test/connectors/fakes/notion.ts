import { json, type Fake, type Seen } from './fake'

const TOKEN = 'ntn_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'
const OAUTH_TOKEN = 'ntn_oauth_0123456789abcdefghijklmnopqrstuvwxyz'
const CLIENT = { id: '11111111-2222-4333-8444-555555555555', secret: 'secret_notion-client_0123456789' }
const REDIRECT = 'http://aurora.test/notion/callback'
export const DATABASE = '0'.repeat(31) + '1'
const databases = Array.from({ length: 120 }, (_, index) => ({
  object: 'database',
  id: String(index + 1).padStart(32, '0'),
  url: `https://www.notion.so/${index + 1}`,
  title: [{ plain_text: `Runbooks ${index + 1}` }],
  properties: { Name: { type: 'title' } },
}))

const codes = new Set<string>()
let issued = 0
let isRevoked = false

const failed = (status: number, code: string) =>
  json({ object: 'error', status, code, message: 'words of the vendor that nobody may see' }, status)

export const notion: Fake = {
  id: 'notion',
  hosts: ['api.notion.com'],
  form: {
    good: { token: TOKEN },
    refused: { token: 'ntn_of-somebody-else-0123456789abcdefghijklmnop' },
  },
  secrets: [TOKEN, OAUTH_TOKEN, CLIENT.secret],
  accountId: 'workspace-1',
  resources: {
    first: databases.slice(0, 100).map(({ id }) => id),
    second: databases.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  oauth: {
    variables: { NOTION_CLIENT_ID: CLIENT.id, NOTION_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string | null => authorize.searchParams.get(name)
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('owner') !== 'user' || given('code_challenge') !== null) return 'refused'
      const code = `notion-code-${++issued}`
      codes.add(code)
      return code
    },
  },
  answer: (seen) => (seen.url.pathname.startsWith('/v1/oauth/') ? oauth(seen) : rest(seen)),
}

function oauth({ method, url, headers, body }: Seen) {
  // The pair as it is: Notion decodes base64 and nothing else.
  if (headers.get('authorization') !== `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`)
    return json({ error: 'invalid_client' }, 401)
  if (method !== 'POST' || headers.get('content-type') !== 'application/json')
    return json({ error: 'invalid_request' }, 400)
  const given = JSON.parse(body)
  if (url.pathname === '/v1/oauth/revoke') {
    isRevoked = given.token === OAUTH_TOKEN
    return isRevoked ? json({}) : failed(400, 'validation_error')
  }
  const known = ['grant_type', 'code', 'redirect_uri']
  if (Object.keys(given).some((name) => !known.includes(name))) return json({ error: 'invalid_request' }, 400)
  if (given.grant_type !== 'authorization_code' || given.redirect_uri !== REDIRECT)
    return json({ error: 'invalid_grant' }, 400)
  if (!codes.delete(given.code)) return json({ error: 'invalid_grant' }, 400)
  isRevoked = false
  return json({
    access_token: OAUTH_TOKEN,
    token_type: 'bearer',
    bot_id: 'bot-1',
    workspace_id: 'workspace-1',
    workspace_name: 'Example',
  })
}

function rest({ method, url, headers, body }: Seen) {
  const token = (headers.get('authorization') ?? '').replace('Bearer ', '')
  if (token !== TOKEN && (token !== OAUTH_TOKEN || isRevoked)) return failed(401, 'unauthorized')
  if (headers.get('notion-version') !== '2022-06-28') return failed(400, 'missing_version')
  if (url.pathname === '/v1/users/me')
    return json({
      object: 'user',
      id: 'bot-1',
      name: 'Aurora',
      type: 'bot',
      bot: { workspace_id: 'workspace-1', workspace_name: 'Example' },
    })
  if (url.pathname === `/v1/databases/${DATABASE}`) return json(databases[0])
  if (method !== 'POST' || url.pathname !== '/v1/search') return failed(404, 'object_not_found')
  const asked = JSON.parse(body)
  if (asked.filter?.value !== 'database') return failed(400, 'validation_error')
  const from = Number(asked.start_cursor ?? '0')
  const end = from + asked.page_size
  return json({
    object: 'list',
    results: databases.slice(from, end),
    has_more: end < databases.length,
    next_cursor: end < databases.length ? String(end) : null,
  })
}
