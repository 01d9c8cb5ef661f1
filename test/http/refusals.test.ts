/** What every route refuses alike, in the documented order: method, body type, session, password, ids, role. */
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { gateName } from '../../src/lib/limits'
import { api, apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { validBodies } from '../support/resources'
import { closedRoutes, routes, UNLIMITED, type Route } from '../support/routes'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const BELOW = { admin: 'editor', editor: 'viewer' } as const

const declared = routes.filter(({ spec, method }) => spec !== null && method !== 'OPTIONS')
const PARAMETER = /:(\w+)(?:\{[^}]*\})?/g
const WORDS: Readonly<Record<string, string>> = { provider: 'datadog', role: 'viewer', source: 'generic' }
const ID = newId()

/** The path with an id, of nothing, for each that is one; in place of one of them stands `other`. */
const pathOf = ({ path, spec }: Route, instead = '', other = ID): string =>
  path.replaceAll(PARAMETER, (_, name: string) =>
    name in (spec?.ids ?? {}) ? (name === instead ? other : ID) : (WORDS[name] ?? 'x'),
  )

/** The path as an expression, a parameter being anything. */
const patternOf = ({ path }: Route): RegExp => new RegExp(`^${path.replaceAll(PARAMETER, '[^/]+')}$`)
const patterns = declared.map((route) => ({ method: route.method, pattern: patternOf(route) }))

const clientOf = (token: string) => apiWith(UNLIMITED, bearer(token))
const bodyOf = (route: Route): unknown => validBodies[route.name] ?? (route.body === null ? undefined : {})

/** At most a few routes of each bucket whose limit is fixed: one user can call no more of them in a minute. */
const FIXED = new Set<string | undefined>(['connect', 'disconnect', 'agent_token'])
const counted = new Map<string, number>()
const few = closedRoutes.filter(({ spec }) => {
  const bucket = [spec?.bucket ?? undefined, spec?.alsoCounts].find((name) => FIXED.has(name))
  if (bucket === undefined) return true
  counted.set(bucket, (counted.get(bucket) ?? 0) + 1)
  return (counted.get(bucket) ?? 0) <= 4
})

/** Calls each route with its own valid body; answers what was not refused like this. */
async function notRefused(
  called: readonly Route[],
  client: ReturnType<typeof clientOf>,
  expected: readonly [status: number, code: string],
) {
  const others: unknown[] = []
  for (const route of called) {
    const { status, body } = await client.call(route.method, pathOf(route), bodyOf(route))
    if (status !== expected[0] || body?.code !== expected[1]) others.push([route.name, status, body?.code])
  }
  return others
}

describe('every path', () => {
  it('names its methods to whoever uses another one, before anything else is looked at', async ({
    expect,
  }) => {
    const seen = new Set<string>()
    const others: unknown[] = []
    for (const route of declared) {
      const path = pathOf(route)
      // A token of another form is no such path.
      if (seen.has(path) || route.path.includes('{')) continue
      seen.add(path)
      const own = declared.filter((other) => other.path === route.path).map(({ method }) => method)
      // What another path takes for this one has a test of its own: that of the fixed paths.
      const taken = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
      // One of them for each path, and in turn all of them.
      const free = METHODS.filter((one) => !taken.includes(one))
      const method = free[seen.size % free.length]
      if (method === undefined) continue
      const { status, headers } = await api().call(method, path)
      const allow = headers.get('allow')?.split(', ') ?? []
      if (status !== 405 || own.some((one) => !allow.includes(one)))
        others.push([path, method, status, allow])
    }
    expect(others).toEqual([])
    expect(seen.size).toBeGreaterThan(100)
  })
})

describe('every route for members', () => {
  const withBody = closedRoutes.filter(
    ({ method, spec }) => method !== 'GET' && spec?.anyContentType !== true,
  )

  it('refuses a body that is no JSON by its type', async ({ expect }) => {
    for (const route of withBody) {
      const { status, body } = await api().call(route.method, pathOf(route), 'a=1', {
        'content-type': 'application/x-www-form-urlencoded',
      })
      expect([route.name, status, body.error, body.code]).toEqual([
        route.name,
        415,
        'Unsupported content type',
        'unsupported_media_type',
      ])
    }
  })

  it('refuses a session that was revoked', async ({ expect }) => {
    const org = await anOrg()
    await env.GATE.getByName(gateName.user(org.userId)).revokeAll({ exceptSid: null, at: Date.now() + 1 })
    expect(await notRefused(few, clientOf(org.token), [401, 'session_revoked'])).toEqual([])
  })

  it('but those for it refuses who has to change the first password', async ({ expect }) => {
    const org = await anOrg()
    await env.GATE.getByName(gateName.user(org.userId)).setMustChangePassword(true)
    const closed = few.filter(({ spec }) => spec?.openBeforePasswordChange !== true)
    const open = closedRoutes.filter(({ spec }) => spec?.openBeforePasswordChange === true)
    expect(open.map(({ path }) => path)).toEqual([
      '/api/auth/change-password',
      '/api/auth/logout',
      '/api/auth/me',
      '/api/auth/session',
    ])
    expect(await notRefused(closed, clientOf(org.token), [403, 'password_change_required'])).toEqual([])
  })

  it('refuses a role that does not suffice', async ({ expect }) => {
    const org = await anOrg()
    for (const role of ['admin', 'editor'] as const) {
      const member = await org.member(BELOW[role])
      const called = few.filter(({ spec }) => spec?.who === role)
      expect(called.length).toBeGreaterThan(5)
      expect(await notRefused(called, clientOf(member.token), [403, 'forbidden'])).toEqual([])
    }
  })

  it('refuses an access token that only reads, where it changes anything', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post('/api/tokens', { name: 'Script', scope: 'read' })
    const called = few.filter(({ method }) => method !== 'GET')
    expect(await notRefused(called, clientOf(body.token), [403, 'forbidden'])).toEqual([])
  })

  it('refuses each malformed id in its own words', async ({ expect }) => {
    const org = await anOrg()
    const client = clientOf(org.token)
    for (const route of few)
      for (const [name, refusal] of Object.entries(route.spec?.ids ?? {}))
        for (const malformed of ['x', `${ID}0`, '%00']) {
          const { body } = await client.call(route.method, pathOf(route, name, malformed), bodyOf(route))
          expect([route.name, malformed, body?.error, body?.code]).toEqual([
            route.name,
            malformed,
            refusal.error,
            refusal.code,
          ])
        }
  })
})
