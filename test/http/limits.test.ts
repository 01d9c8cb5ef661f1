import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { api, apiOf, apiWith } from '../support/api'
import { anOrg, bearer, PASSWORD } from '../support/org'
import { appWith } from '../support/probe'

const freshEmail = () => `${newId()}@example.com`
const wrong = (email: string) => ({ email, password: 'wrong password' })

describe('the default bucket', () => {
  it('refuses the 101st request within a minute and says when to come back', async ({ expect }) => {
    const org = await anOrg()
    for (let n = 1; n <= 100; n++) {
      const { status, headers } = await org.get('/api/auth/session')
      expect([status, headers.get('ratelimit-remaining')]).toEqual([200, String(100 - n)])
    }
    const { status, body, headers } = await org.get('/api/auth/session')
    expect(status).toBe(429)
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(body).toEqual({
      error: 'Rate limit exceeded',
      code: 'rate_limited',
      message: `Too many requests. Please try again in ${seconds} seconds.`,
      retry_after_seconds: seconds,
      request_id: headers.get('x-request-id'),
    })
    expect(headers.get('ratelimit-limit')).toBe('100')
    expect(headers.get('x-ratelimit-limit')).toBe('100')
    expect(headers.get('ratelimit-remaining')).toBe('0')
    expect(headers.get('x-ratelimit-remaining')).toBe('0')
    expect(Number(headers.get('ratelimit-reset'))).toBe(seconds)
    const resetAt = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000
    expect(Math.abs(resetAt - seconds)).toBeLessThan(30)
  })

  it('belongs to one user', async ({ expect }) => {
    const [one, other] = [await anOrg(), await anOrg()]
    const strict = apiWith({ RATE_LIMIT_DEFAULT_PER_MINUTE: '1' })
    const ask = async (token: string) => (await strict.get('/api/auth/session', bearer(token))).status
    expect([await ask(one.token), await ask(one.token), await ask(other.token)]).toEqual([200, 429, 200])
  })

  it('is not spent by polling or chatting, nor the other way round', async ({ expect }) => {
    const { token } = await anOrg()
    const limits = {
      RATE_LIMIT_DEFAULT_PER_MINUTE: '1',
      RATE_LIMIT_POLL_PER_MINUTE: '2',
      RATE_LIMIT_CHAT_PER_MINUTE: '3',
    }
    for (const [bucket, places] of [
      ['default', 1],
      ['poll', 2],
      ['chat', 3],
    ] as const) {
      const client = apiOf(appWith('GET', '/api/probe', { bucket }), limits, bearer(token))
      for (let n = 0; n < places; n++) expect((await client.get('/api/probe')).status).toBe(200)
      const refused = await client.get('/api/probe')
      expect([refused.status, refused.headers.get('ratelimit-limit')]).toEqual([429, String(places)])
    }
  })

  it('falls back to its default when the variable is no positive integer', async ({ expect }) => {
    const { token } = await anOrg()
    for (const RATE_LIMIT_DEFAULT_PER_MINUTE of ['0', '-1', 'many', '']) {
      const { headers } = await apiWith({ RATE_LIMIT_DEFAULT_PER_MINUTE }).get(
        '/api/auth/session',
        bearer(token),
      )
      expect(headers.get('ratelimit-limit')).toBe('100')
    }
  })

  it('does not count requests without identity', async ({ expect }) => {
    const { headers } = await api().get('/api/auth/me')
    expect(headers.get('ratelimit-limit')).toBeNull()
  })
})

describe('password changes', () => {
  it('are five a minute', async ({ expect }) => {
    const org = await anOrg()
    const attempt = () =>
      org.post('/api/auth/change-password', {
        currentPassword: 'wrong password',
        newPassword: 'new password',
      })
    for (let n = 0; n < 5; n++) expect((await attempt()).status).toBe(401)
    expect((await attempt()).status).toBe(429)
    expect((await org.get('/api/auth/session')).status).toBe(200)
  })
})

describe('logins', () => {
  it('are five failures a minute for an e-mail where the address is not known', async ({ expect }) => {
    const email = freshEmail()
    for (let n = 0; n < 5; n++) expect((await api().post('/api/auth/login', wrong(email))).status).toBe(401)
    const refused = await api().post('/api/auth/login', wrong(email.toUpperCase()))
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    expect((await api().post('/api/auth/login', wrong(freshEmail()))).status).toBe(401)
  })

  it('that succeed give their place back', async ({ expect }) => {
    const { email } = await anOrg()
    for (let n = 0; n < 8; n++)
      expect((await api().post('/api/auth/login', { email, password: PASSWORD })).status).toBe(200)
    const from = api({ 'cf-connecting-ip': '198.51.100.7' })
    for (let n = 0; n < 8; n++)
      expect((await from.post('/api/auth/login', { email, password: PASSWORD })).status).toBe(200)
  })

  it('are limited by address and e-mail together, so that nobody locks another out', async ({ expect }) => {
    const { email } = await anOrg()
    const attacker = api({ 'cf-connecting-ip': '198.51.100.8' })
    for (let n = 0; n < 5; n++)
      expect((await attacker.post('/api/auth/login', wrong(email))).status).toBe(401)
    expect((await attacker.post('/api/auth/login', { email, password: PASSWORD })).status).toBe(429)
    const owner = api({ 'cf-connecting-ip': '198.51.100.9' })
    expect((await owner.post('/api/auth/login', { email, password: PASSWORD })).status).toBe(200)
  })

  it('are twenty a minute from one address, whatever the e-mail', async ({ expect }) => {
    const attacker = api({ 'cf-connecting-ip': '198.51.100.10' })
    for (let n = 0; n < 20; n++)
      expect((await attacker.post('/api/auth/login', wrong(freshEmail()))).status).toBe(401)
    expect((await attacker.post('/api/auth/login', wrong(freshEmail()))).status).toBe(429)
  })
})

describe('registrations', () => {
  it('are ten an hour for an e-mail', async ({ expect }) => {
    const attempt = { email: freshEmail(), password: PASSWORD }
    const statuses = []
    for (let n = 0; n < 11; n++) statuses.push((await api().post('/api/auth/register', attempt)).status)
    expect(statuses).toEqual([201, ...Array(9).fill(409), 429])
  })

  it('are ten a minute from one address; malformed ones do not count', async ({ expect }) => {
    const from = api({ 'cf-connecting-ip': '198.51.100.11' })
    const attempt = () => from.post('/api/auth/register', { email: freshEmail(), password: PASSWORD })
    for (let n = 0; n < 5; n++)
      await from.post('/api/auth/register', { email: 'nonsense', password: PASSWORD })
    for (let n = 0; n < 10; n++) expect((await attempt()).status).toBe(201)
    expect((await attempt()).status).toBe(429)
  })

  it('from a loopback address, which no edge reports, have no limit by address', async ({ expect }) => {
    for (const address of ['127.0.0.1', '::1']) {
      const from = apiWith({ RATE_LIMIT_REGISTER_PER_MINUTE: '1' }, { 'cf-connecting-ip': address })
      for (let n = 0; n < 3; n++)
        expect(
          (await from.post('/api/auth/register', { email: freshEmail(), password: PASSWORD })).status,
        ).toBe(201)
    }
  })

  it('that the address may not make do not use up the e-mail', async ({ expect }) => {
    const email = freshEmail()
    const limits = { RATE_LIMIT_REGISTER_PER_MINUTE: '1', RATE_LIMIT_REGISTER_EMAIL_PER_HOUR: '1' }
    const from = apiWith(limits, { 'cf-connecting-ip': '198.51.100.12' })
    expect((await from.post('/api/auth/register', { email: freshEmail(), password: PASSWORD })).status).toBe(
      201,
    )
    expect((await from.post('/api/auth/register', { email, password: PASSWORD })).status).toBe(429)
    const elsewhere = apiWith(limits, { 'cf-connecting-ip': '198.51.100.13' })
    expect((await elsewhere.post('/api/auth/register', { email, password: PASSWORD })).status).toBe(201)
  })
})
