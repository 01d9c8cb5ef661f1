import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { apiWith } from '../support/api'
import { anOrg, bearer, PASSWORD } from '../support/org'
import { seedResources, validBodies } from '../support/resources'
import { closedRoutes, fill, routes, UNLIMITED, type Route } from '../support/routes'

const HEADERS = [
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]

/** The families that the table speaks of; connectors have buckets of their own. */
const CORE =
  /^\/(chat_api|api\/(auth|ws-token|tokens|orgs|admin|invitations|audit-log|incidents|postmortems|user-preferences|user\/preferences|llm-usage))\b/

/** One path for each route but the bench's own, which no browser calls. */
const SERVED = new Set(
  routes
    .map(({ path }) => path.replaceAll(/:\w+(\{[^}]*\})?/g, 'x'))
    .filter((path) => !path.startsWith('/debug/')),
)

const POLLED = new Set([
  'GET /api/incidents/:incident_id',
  'GET /chat_api/sessions',
  'GET /chat_api/sessions/:session_id',
  'GET /chat_api/sessions/:session_id/status',
  'GET /chat_api/sessions/:session_id/messages',
])

/** The bucket that the documented table puts a route in. */
function bucketOf({ name, method, path }: Route): string {
  if (POLLED.has(name)) return 'poll'
  if (name === 'POST /api/incidents/:incident_id/chat') return 'chat'
  const free = path.endsWith('/cancel') || path.endsWith('/confirm')
  return path.startsWith('/chat_api') && method !== 'GET' && !free ? 'chat' : 'default'
}

const BESIDES: Readonly<Record<string, string>> = {
  'POST /api/auth/change-password': 'password',
  'POST /api/incidents/trigger-rca': 'rca',
}

/** What was answered, its body left unread: some are streams. */
async function headersOf(route: Route, token: string, path: string) {
  const body = validBodies[route.name] ?? (route.body === null ? undefined : {})
  const response = await apiWith({ ...UNLIMITED, FRONTEND_URL: 'https://app.example' }, bearer(token)).fetch(
    path,
    {
      method: route.method,
      headers: {
        origin: 'https://app.example',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  )
  await response.body?.cancel()
  return response.headers
}

let shared: ReturnType<typeof seeded> | null = null
const seeded = async () => {
  const { token, ...org } = await anOrg()
  return { token, ids: await seedResources(org) }
}

/** Reads share one organisation with one of everything; what may change something has one of its own. */
async function callerOf({ method, path }: Route) {
  if (method !== 'GET') return { token: (await anOrg()).token, path }
  const { token, ids } = await (shared ??= seeded())
  return { token, path: fill(path, ids) }
}

describe('every route for members', () => {
  it('counts in the documented bucket, and in a second one where that is documented', ({ expect }) => {
    const core = closedRoutes.filter(({ path }) => CORE.test(path))
    expect(core.length).toBeGreaterThan(30)
    for (const route of core) {
      const { bucket, alsoCounts } = route.spec ?? {}
      expect([route.name, bucket, alsoCounts]).toEqual([route.name, bucketOf(route), BESIDES[route.name]])
    }
  })

  it.for(closedRoutes)(
    '$name says how many requests are left, whatever it answers',
    async (route, { expect }) => {
      const { token, path } = await callerOf(route)
      const headers = await headersOf(route, token, path)
      for (const name of HEADERS)
        expect([name, headers.get(name)]).toEqual([name, expect.stringMatching(/^\d+$/)])
      expect(headers.get('x-ratelimit-limit')).toBe(headers.get('ratelimit-limit'))
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example')
      expect(headers.get('vary')).toContain('Origin')
      expect(headers.get('x-request-id')).not.toBeNull()
      expect(headers.get('cache-control')).toMatch(/no-(store|cache)/)
    },
  )
})

describe('logins and registrations', () => {
  it('say how many attempts are left, refused and limited ones, too', async ({ expect }) => {
    const email = `${newId()}@example.com`
    const limits = { RATE_LIMIT_LOGIN_PER_MINUTE: '1', RATE_LIMIT_REGISTER_EMAIL_PER_HOUR: '2' }
    const client = apiWith({ ...UNLIMITED, ...limits })
    const answers = [
      await client.post('/api/auth/register', { email, password: PASSWORD }),
      await client.post('/api/auth/register', { email, password: PASSWORD }),
      await client.post('/api/auth/register', { email, password: PASSWORD }),
      await client.post('/api/auth/login', { email, password: PASSWORD }),
      await client.post('/api/auth/login', { email, password: 'wrong password' }),
      await client.post('/api/auth/login', { email, password: PASSWORD }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 409, 429, 200, 401, 429])
    for (const { status, headers, body } of answers) {
      for (const name of HEADERS)
        expect([name, headers.get(name)]).toEqual([name, expect.stringMatching(/^\d+$/)])
      if (status !== 429) continue
      const seconds = Number(headers.get('retry-after'))
      expect(seconds).toBeGreaterThanOrEqual(1)
      expect(body).toMatchObject({ code: 'rate_limited', retry_after_seconds: seconds })
      expect(headers.get('ratelimit-remaining')).toBe('0')
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThanOrEqual(1)
    }
  })
})

describe('a second bucket', () => {
  it('refuses on its own, and then the first one does not count', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(
      { RATE_LIMIT_PASSWORD_PER_MINUTE: '1', RATE_LIMIT_DEFAULT_PER_MINUTE: '3' },
      bearer(org.token),
    )
    const attempt = () =>
      client.post('/api/auth/change-password', {
        currentPassword: 'wrong password',
        newPassword: 'new password',
      })
    const first = await attempt()
    // The header speaks of the window with the fewest places left.
    expect([first.status, first.headers.get('ratelimit-limit')]).toEqual([401, '1'])
    const refused = await attempt()
    expect([refused.status, refused.headers.get('ratelimit-limit')]).toEqual([429, '1'])
    const left = await client.get('/api/auth/session')
    expect([left.status, left.headers.get('ratelimit-remaining')]).toEqual([200, '1'])
  })
})

describe('a preflight', () => {
  it('of every path is answered alike, costs nothing and may be kept', async ({ expect }) => {
    const client = apiWith({ FRONTEND_URL: 'https://app.example' })
    for (const path of SERVED) {
      const { status, headers } = await client.call('OPTIONS', path, undefined, {
        origin: 'https://app.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'idempotency-key',
      })
      expect([path, status]).toEqual([path, 204])
      expect(headers.get('access-control-max-age')).toBe('600')
      expect(headers.get('vary')).toBe('Origin')
      expect(headers.get('ratelimit-limit')).toBeNull()
    }
  })
})
