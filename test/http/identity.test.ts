import { env } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { issueSession, issueTicket } from '../../src/lib/session-token'
import { apiOf, type Headers } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { appWith } from '../support/probe'

const SECRET = 'shared between trusted servers'
const served = {
  '/api/probe': appWith('GET', '/api/probe'),
  '/api/incidents/any/probe/path': appWith('GET', '/api/incidents/any/probe/path'),
}
type Path = keyof typeof served

const ask = (path: Path, headers: Headers, variables: Partial<Env> = {}) =>
  apiOf(served[path], { INTERNAL_API_SECRET: SECRET, ...variables }).get(path, headers)

const key = (secret = env.JWT_SECRET) => new TextEncoder().encode(secret)
const claims = { sub: newId(), org: newId(), role: 'admin', sid: newId() }
const sign = (payload: Record<string, unknown>, secret?: string, alg = 'HS256', expires: string = '1h') =>
  new SignJWT(payload).setProtectedHeader({ alg }).setIssuedAt().setExpirationTime(expires).sign(key(secret))

describe.each(['/api/probe', '/api/incidents/any/probe/path'] as const)(
  '%s without a valid identity',
  (path) => {
    const nobody =
      path === '/api/incidents/any/probe/path'
        ? { status: 400, error: 'Missing user_id', code: 'missing_user_id' }
        : { status: 401, error: 'Authentication required', code: 'unauthenticated' }

    it('says so when there is no credential at all', async ({ expect }) => {
      for (const headers of [
        {},
        { 'x-internal-secret': SECRET },
        { cookie: 'other=1; session_token=' },
        { 'x-org-id': newId() },
      ]) {
        const { status, body } = await ask(path, headers)
        expect({ status, error: body.error, code: body.code }).toEqual(nobody)
      }
    })

    it('refuses tokens that are malformed, forged, expired or for something else', async ({ expect }) => {
      const identity = { userId: claims.sub, orgId: claims.org, sid: claims.sid }
      const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`
      const tokens = [
        'nonsense',
        unsigned,
        await sign(claims, 'another secret that is longer than 32 bytes'),
        await sign(claims, undefined, 'HS384'),
        await sign(claims, undefined, 'HS256', '-1s'),
        await sign({ ...claims, aud: 'something' }),
        await sign({ ...claims, role: 'owner' }),
        await sign({ ...claims, sid: 'x' }),
        (await issueTicket(env, identity, Date.now())).token,
      ]
      for (const headers of [...tokens.map(bearer), { authorization: 'Basic YTpi' }, { authorization: '' }]) {
        const { status, body, headers: sent } = await ask(path, headers)
        expect({ status, error: body.error, code: body.code, headers }).toEqual({
          status: 401,
          error: 'Invalid or expired session',
          code: 'invalid_token',
          headers,
        })
        expect(sent.get('www-authenticate')).toBe('Bearer')
        expect(sent.get('set-cookie')).toBeNull()
      }
    })

    it('takes a bad cookie away', async ({ expect }) => {
      const { status, headers } = await ask(path, { cookie: 'session_token=nonsense' })
      expect(status).toBe(401)
      expect(headers.get('set-cookie')).toMatch(/^session_token=; .*Max-Age=0/)
    })

    it('does not look at the cookie beside a bad header', async ({ expect }) => {
      const org = await anOrg()
      const cookie = { cookie: `session_token=${org.token}` }
      expect((await ask(path, cookie)).status).toBe(200)
      expect((await ask(path, { ...cookie, ...bearer('nonsense') })).body.code).toBe('invalid_token')
    })

    it('never believes a bare X-User-ID or a wrong service secret', async ({ expect }) => {
      const { userId } = await anOrg()
      for (const headers of [
        { 'x-user-id': userId },
        { 'x-user-id': userId, 'x-internal-secret': `${SECRET}!` },
        { 'x-user-id': userId, 'x-internal-secret': '' },
        { 'x-internal-secret': 'wrong' },
      ]) {
        const { status, body } = await ask(path, headers)
        expect([status, body.error, body.code]).toEqual([
          401,
          'Untrusted identity header',
          'untrusted_identity',
        ])
      }
      const unset = await ask(
        path,
        { 'x-user-id': userId, 'x-internal-secret': '' },
        { INTERNAL_API_SECRET: '' },
      )
      expect(unset.body.code).toBe('untrusted_identity')
    })

    it('refuses a service call for an unknown user', async ({ expect }) => {
      for (const user of [newId(), 'nobody']) {
        const { status, body } = await ask(path, { 'x-user-id': user, 'x-internal-secret': SECRET })
        expect([status, body.error, body.code]).toEqual([
          401,
          'Unauthorized - unknown user',
          'untrusted_identity',
        ])
      }
    })

    it('refuses identity headers that contradict the token', async ({ expect }) => {
      const { token, userId, orgId } = await anOrg()
      const user = await ask(path, { ...bearer(token), 'x-user-id': newId(), 'x-internal-secret': SECRET })
      expect([user.status, user.body.error, user.body.code]).toEqual([
        403,
        'User identity mismatch',
        'identity_mismatch',
      ])
      const org = await ask(path, { ...bearer(token), 'x-org-id': newId() })
      expect([org.status, org.body.error, org.body.code]).toEqual([
        403,
        'Forbidden - organization mismatch',
        'identity_mismatch',
      ])
      const same = {
        'x-user-id': userId.toUpperCase(),
        'x-org-id': orgId.toUpperCase(),
        'x-internal-secret': 'ignored',
      }
      expect((await ask(path, { ...bearer(token), ...same })).status).toBe(200)
    })
  },
)

describe('a service call', () => {
  it('acts as the named user, with role and organisation of the row, and has nothing to log out', async ({
    expect,
  }) => {
    const org = await anOrg()
    const viewer = await org.member('viewer')
    const proof = { 'x-user-id': viewer.userId.toUpperCase(), 'x-internal-secret': SECRET }
    const client = apiOf(
      served['/api/probe'],
      { INTERNAL_API_SECRET: 'new', INTERNAL_API_SECRET_PREVIOUS: SECRET },
      proof,
    )
    expect((await client.get('/api/auth/session')).body).toEqual({
      user: { id: viewer.userId, role: 'viewer', orgId: org.orgId },
      expiresAt: null,
    })
    expect((await client.post('/api/auth/logout')).status).toBe(204)
    expect((await client.get('/api/auth/me')).body.email).toBe(viewer.email)
    const elsewhere = await client.get('/api/auth/me', { 'x-org-id': newId() })
    expect(elsewhere.body.error).toBe('Forbidden - organization mismatch')
  })
})

describe('TRUST_USER_ID_HEADER', () => {
  it('makes a bare X-User-ID an identity on a loopback host, and nowhere else', async ({ expect }) => {
    const { userId } = await anOrg()
    const status = async (host: string, TRUST_USER_ID_HEADER: string, user = userId) =>
      (
        await apiOf(served['/api/probe'], { TRUST_USER_ID_HEADER }).get(`${host}/api/probe`, {
          'x-user-id': user,
        })
      ).status
    for (const host of ['http://localhost:5080', 'http://127.0.0.1', 'http://[::1]:5080'])
      expect(await status(host, 'true')).toBe(200)
    expect(await status('http://localhost.example', 'true')).toBe(401)
    expect(await status('http://localhost', '1')).toBe(401)
    expect(await status('http://localhost', 'true', newId())).toBe(401)
  })
})

describe('the signing key', () => {
  it('may be rotated without ending sessions', async ({ expect }) => {
    const { token } = await anOrg()
    const next = { JWT_SECRET: 'the next secret, which is longer than 32 bytes' }
    expect((await ask('/api/probe', bearer(token), next)).status).toBe(401)
    const both = { ...next, JWT_SECRET_PREVIOUS: env.JWT_SECRET ?? '' }
    expect((await ask('/api/probe', bearer(token), both)).status).toBe(200)
  })
})

describe('a request on the cookie of a browser', () => {
  const probe = appWith('POST', '/api/probe')
  const post = async (headers: Headers) =>
    apiOf(probe, { FRONTEND_URL: 'https://app.example, https://b.example:8443' }).post(
      '/api/probe',
      {},
      headers,
    )

  it('is refused when a foreign page sent it, before identity and body are looked at', async ({ expect }) => {
    const { token } = await anOrg()
    const cookie = { cookie: `session_token=${token}` }
    for (const origin of [
      'https://evil.example',
      'null',
      'http://app.example',
      'https://app.example.evil',
      '*',
    ]) {
      for (const headers of [
        cookie,
        { cookie: 'session_token=bad' },
        { ...cookie, 'content-type': 'text/plain' },
      ]) {
        const { status, body } = await post({ ...headers, origin })
        expect([status, body.error, body.code]).toEqual([
          403,
          'Cross-site request refused',
          'origin_not_allowed',
        ])
      }
    }
    for (const origin of ['https://app.example', 'https://b.example:8443', 'http://aurora.test'])
      expect((await post({ ...cookie, origin })).status).toBe(200)
    expect((await post(cookie)).status).toBe(200)
  })

  it('is none of that when it is safe or carries a header', async ({ expect }) => {
    const { token } = await anOrg()
    const origin = 'https://evil.example'
    expect((await post({ ...bearer(token), origin })).status).toBe(200)
    expect((await ask('/api/probe', { cookie: `session_token=${token}`, origin })).status).toBe(200)
    const upgrade = { cookie: `session_token=${token}`, origin, upgrade: 'websocket' }
    expect((await ask('/api/probe', upgrade)).body.code).toBe('origin_not_allowed')
  })
})

describe('roles', () => {
  it('contain the lesser ones', async ({ expect }) => {
    const org = await anOrg()
    const members = await Promise.all((['viewer', 'editor', 'admin'] as const).map(org.member))
    for (const [who, expected] of [
      ['viewer', [200, 200, 200]],
      ['editor', [403, 200, 200]],
      ['admin', [403, 403, 200]],
    ] as const) {
      const client = apiOf(appWith('GET', '/api/probe', { who }))
      const answers = await Promise.all(members.map(({ token }) => client.get('/api/probe', bearer(token))))
      expect(answers.map(({ status }) => status)).toEqual(expected)
      for (const { status, body } of answers)
        if (status === 403) expect(body).toMatchObject({ error: 'Forbidden', code: 'forbidden' })
    }
  })
})

describe('a user who must change the password', () => {
  it('is let through to that alone', async ({ expect }) => {
    const { userId, token } = await anOrg()
    await env.GATE.getByName(`user:${userId}`).setMustChangePassword(true)
    const { status, body, headers } = await ask('/api/probe', bearer(token))
    expect([status, body.error, body.code]).toEqual([
      403,
      'Password change required',
      'password_change_required',
    ])
    expect(headers.get('ratelimit-limit')).toBe('100')
    const client = apiOf(served['/api/probe'], {}, bearer(token))
    for (const path of ['/api/auth/me', '/api/auth/session'])
      expect((await client.get(path)).status).toBe(200)
    expect((await client.post('/api/auth/logout')).status).toBe(204)
  })
})

describe('revocation', () => {
  it('fails closed when the gate does not answer', async ({ expect }) => {
    const identity = { userId: newId(), orgId: newId(), role: 'admin', sid: newId() } as const
    const { token } = await issueSession(env, identity, Date.now())
    const GATE = { getByName: () => ({ enter: () => Promise.reject(new Error('gone')) }) }
    const { status, body, headers } = await ask('/api/probe', bearer(token), { GATE: GATE as never })
    expect([status, body.error, body.code]).toEqual([503, 'Service temporarily unavailable', 'unavailable'])
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  })
})
