import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { loginAnswer, profileAnswer, sessionAnswer } from '../../src/http/answers/auth'
import { api, apiWith } from '../support/api'
import { anOrg, bearer, logIn, PASSWORD } from '../support/org'

const register = (body: unknown) => api().post('/api/auth/register', body)
const freshEmail = () => `${newId()}@example.com`

const auditOf = async (where: string, value: string) => {
  const { results } = await env.DB.prepare(`SELECT * FROM audit_log WHERE ${where} = ? ORDER BY id`)
    .bind(value)
    .all()
  return results
}

describe('registration', () => {
  it('makes a user, a personal organisation with its rows, and an audit row, and no session', async ({
    expect,
  }) => {
    const email = freshEmail()
    const answer = await register({ email: `  ${email.toUpperCase()} `, password: PASSWORD, name: ' Dana ' })
    expect(answer.status).toBe(201)
    expect(profileAnswer.strict().parse(answer.body)).toMatchObject({
      email,
      name: 'Dana',
      role: 'admin',
      orgName: "Dana's organization",
      mustChangePassword: false,
    })
    expect(answer.headers.get('set-cookie')).toBeNull()
    for (const table of ['organization_settings', 'incident_counts']) {
      const row = await env.DB.prepare(`SELECT * FROM ${table} WHERE org_id = ?`)
        .bind(answer.body.orgId)
        .first()
      expect(row).not.toBeNull()
    }
    expect(await auditOf('org_id', answer.body.orgId)).toMatchObject([
      { event: 'user.registered', actor: answer.body.id, subject: answer.body.id },
    ])
  })

  it('names the organisation as asked, or after the e-mail, and lets names repeat', async ({ expect }) => {
    const email = freshEmail()
    expect((await register({ email, password: PASSWORD })).body).toMatchObject({
      name: null,
      orgName: `${email.split('@')[0]}'s organization`,
    })
    for (let round = 0; round < 2; round++) {
      const answer = await register({
        email: freshEmail(),
        password: PASSWORD,
        name: null,
        org_name: 'Àcme  & Co',
      })
      expect(answer.body.orgName).toBe('Àcme  & Co')
    }
    const { results } = await env.DB.prepare(
      "SELECT slug FROM organizations WHERE name = 'Àcme  & Co' ORDER BY id",
    ).all()
    expect(results).toEqual([{ slug: 'acme-co' }, { slug: expect.stringMatching(/^acme-co-[0-9a-f]{8}$/) }])
  })

  it('refuses what is missing before what is malformed, each with its text', async ({ expect }) => {
    const email = freshEmail()
    const cases: [unknown, string][] = [
      [{}, 'Invalid request body'],
      [undefined, 'Invalid request body'],
      [{ email }, 'Email and password are required'],
      [{ email: 'nonsense', password: null }, 'Email and password are required'],
      [{ email: ' ', password: PASSWORD }, 'Email and password are required'],
      [{ email: 7, password: PASSWORD }, 'Email and password are required'],
      [{ email: 'nonsense', password: 'short' }, 'Invalid email address'],
      [{ email: 'a@b', password: PASSWORD }, 'Invalid email address'],
      [{ email: 'a@b@c.d', password: PASSWORD }, 'Invalid email address'],
      [{ email: `${'a'.repeat(250)}@b.cd`, password: PASSWORD }, 'Invalid email address'],
      [{ email, password: '1234567' }, 'Password must be at least 8 characters'],
      [{ email, password: 'ü'.repeat(129) }, 'Password must be at most 128 characters'],
      [{ email, password: PASSWORD, name: 7 }, 'Invalid name'],
      [{ email, password: PASSWORD, name: 'n'.repeat(256) }, 'Invalid name'],
      [
        { email, password: PASSWORD, org_name: 'o'.repeat(101) },
        'Organization name must be 100 characters or less',
      ],
    ]
    for (const [body, error] of cases) {
      const answer = await register(body)
      expect([answer.status, answer.body.error, body]).toEqual([400, error, body])
    }
  })

  it('names every bad field in the details', async ({ expect }) => {
    const { body } = await register({ email: 'nonsense', password: 'short' })
    expect(body).toMatchObject({
      code: 'validation_failed',
      details: [
        { path: 'email', message: 'Invalid email address' },
        { path: 'password', message: 'Password must be at least 8 characters' },
      ],
    })
  })

  it('of simultaneous registrations of one e-mail lets one win and refuses the rest with 409', async ({
    expect,
  }) => {
    const email = freshEmail()
    const answers = await Promise.all(
      [email, email.toUpperCase(), email, email].map((email) => register({ email, password: PASSWORD })),
    )
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409, 409, 409])
    const refused = answers.find(({ status }) => status === 409)
    expect(refused?.body).toMatchObject({
      error: 'User with this email already exists',
      code: 'already_exists',
    })
  })
})

describe('login', () => {
  it('answers the flat profile with a token and sets the same token as a cookie', async ({ expect }) => {
    const org = await anOrg()
    const answer = await api().post('/api/auth/login', {
      email: ` ${org.email.toUpperCase()}`,
      password: PASSWORD,
    })
    expect(answer.status).toBe(200)
    const body = loginAnswer.strict().parse(answer.body)
    expect(body).toMatchObject({ id: org.userId, email: org.email, name: 'Dana', orgId: org.orgId })
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(6.9)
    expect(days).toBeLessThanOrEqual(7)
    expect(answer.headers.get('set-cookie')).toBe(
      `session_token=${body.token}; HttpOnly; Path=/; SameSite=Lax; Max-Age=604800`,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('marks the cookie Secure on https, and SameSite as configured', async ({ expect }) => {
    const { email } = await anOrg()
    const cookieFor = async (url: string, sameSite?: string) => {
      const settings = sameSite === undefined ? {} : { COOKIE_SAMESITE: sameSite }
      const answer = await apiWith(settings).post(`${url}/api/auth/login`, { email, password: PASSWORD })
      return answer.headers.get('set-cookie')?.split('; ').slice(3)
    }
    expect(await cookieFor('https://aurora.test')).toEqual(['SameSite=Lax', 'Max-Age=604800', 'Secure'])
    expect(await cookieFor('http://aurora.test', 'strict')).toEqual(['SameSite=Strict', 'Max-Age=604800'])
    expect(await cookieFor('http://aurora.test', 'None')).toEqual([
      'SameSite=None',
      'Max-Age=604800',
      'Secure',
    ])
    expect(await cookieFor('http://aurora.test', 'x')).toEqual(['SameSite=Lax', 'Max-Age=604800'])
  })

  it('refuses unknown e-mail, wrong and over-long password alike', async ({ expect }) => {
    const { email } = await anOrg()
    for (const body of [
      { email: freshEmail(), password: PASSWORD },
      { email: 'no address at all', password: PASSWORD },
      { email, password: `${PASSWORD}!` },
      { email, password: 'x'.repeat(5000) },
    ]) {
      const answer = await api().post('/api/auth/login', body)
      expect(answer.status).toBe(401)
      expect(answer.body).toMatchObject({ error: 'Invalid credentials', code: 'invalid_credentials' })
      expect(answer.headers.get('set-cookie')).toBeNull()
    }
  })

  it('needs both fields', async ({ expect }) => {
    for (const body of [{ email: 'a@b.cd' }, { password: PASSWORD }, { email: ['a'], password: PASSWORD }])
      expect((await api().post('/api/auth/login', body)).body.error).toBe('Email and password are required')
    expect((await api().post('/api/auth/login', {})).body).toMatchObject({
      error: 'Invalid request body',
      code: 'invalid_json',
    })
  })

  it('writes one audit row for every outcome, without the password or an unknown e-mail', async ({
    expect,
  }) => {
    const org = await anOrg()
    await logIn(org.email)
    const unknown = freshEmail()
    const cost = async (body: unknown) => {
      const answer = await apiWith({ DEBUG_COST: 'true' }).post('/api/auth/login', body)
      return answer.headers.get('x-aurora-cost')
    }
    const failed = await cost({ email: org.email, password: 'wrong password' })
    const nobody = await cost({ email: unknown, password: 'wrong password' })
    expect(failed).toMatch(/^d1=2;stmts=2;/)
    expect(nobody?.replace(/read=\d+/, '')).toBe(failed?.replace(/read=\d+/, ''))

    expect((await auditOf('org_id', org.orgId)).map(({ event }) => event)).toEqual([
      'user.registered',
      'login.succeeded',
      'login.failed',
    ])
    const hash = new Uint8Array(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(unknown)),
    ).toHex()
    const [row] = await auditOf('subject', `email:${hash}`)
    expect(row).toMatchObject({ org_id: null, actor: null, event: 'login.failed' })
    expect(JSON.stringify(row)).not.toContain(unknown)
  })
})

describe('a changed password', () => {
  const change = { currentPassword: PASSWORD, newPassword: 'another good password' }

  it('logs in from then on, revokes every other session and keeps the calling one', async ({ expect }) => {
    const org = await anOrg()
    const other = await logIn(org.email)
    const answer = await org.post('/api/auth/change-password', change)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ message: 'Password changed successfully' })

    const refused = await api(bearer(other)).get('/api/auth/me')
    expect(refused.status).toBe(401)
    expect(refused.body).toMatchObject({ error: 'Session has been revoked', code: 'session_revoked' })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
    expect((await org.get('/api/auth/me')).status).toBe(200)

    expect((await api().post('/api/auth/login', { email: org.email, password: PASSWORD })).status).toBe(401)
    const later = await logIn(org.email, change.newPassword)
    expect((await api(bearer(later)).get('/api/auth/me')).status).toBe(200)
    expect((await auditOf('org_id', org.orgId)).map(({ event }) => event)).toContain('user.password_changed')
  })

  it('is refused with the documented texts, in the documented order', async ({ expect }) => {
    const cases: [unknown, number, string][] = [
      [{}, 400, 'Invalid request body'],
      [{ currentPassword: PASSWORD }, 400, 'Current and new password are required'],
      [{ currentPassword: '', newPassword: 'short' }, 400, 'Current and new password are required'],
      [{ currentPassword: 'wrong', newPassword: 'short' }, 400, 'New password must be at least 8 characters'],
      [
        { currentPassword: 'wrong', newPassword: 'x'.repeat(129) },
        400,
        'New password must be at most 128 characters',
      ],
      [{ currentPassword: 'wrong one', newPassword: 'wrong one' }, 401, 'Current password is incorrect'],
      [
        { currentPassword: PASSWORD, newPassword: PASSWORD },
        400,
        'New password must be different from the current password',
      ],
    ]
    const org = await anOrg()
    const patient = apiWith({ RATE_LIMIT_PASSWORD_PER_MINUTE: '100' }, bearer(org.token))
    for (const [body, status, error] of cases) {
      const answer = await patient.post('/api/auth/change-password', body)
      expect([answer.status, answer.body.error]).toEqual([status, error])
    }
    const anonymous = await api().post('/api/auth/change-password', change)
    expect([anonymous.status, anonymous.body.error]).toEqual([401, 'Authentication required'])
  })

  it('keeps the good cookie of a caller who mistyped the current password', async ({ expect }) => {
    const org = await anOrg()
    const answer = await api({ cookie: `session_token=${org.token}` }).post('/api/auth/change-password', {
      ...change,
      currentPassword: 'wrong password',
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  it('of two simultaneous changes from the same old password lets one win', async ({ expect }) => {
    const org = await anOrg()
    const answers = await Promise.all(
      ['first new password', 'second new password'].map((newPassword) =>
        org.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword }),
      ),
    )
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 401])
  })

  it('may exceed 72 bytes without being cut', async ({ expect }) => {
    const long = 'ß'.repeat(100)
    const org = await anOrg()
    await org.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: long })
    const nearly = { email: org.email, password: `${'ß'.repeat(99)}x` }
    expect((await api().post('/api/auth/login', nearly)).status).toBe(401)
    await logIn(org.email, long)
  })

  it('ends the duty to change it', async ({ expect }) => {
    const org = await anOrg()
    await env.DB.prepare('UPDATE users SET must_change_password = 1 WHERE id = ?').bind(org.userId).run()
    const gate = env.GATE.getByName(`user:${org.userId}`)
    await gate.setMustChangePassword(true)
    expect((await org.get('/api/auth/me')).body.mustChangePassword).toBe(true)
    expect((await org.post('/api/auth/change-password', change)).status).toBe(200)
    expect((await org.get('/api/auth/me')).body.mustChangePassword).toBe(false)
    const closed = { windows: [], sid: null, openBeforePasswordChange: false }
    expect(await gate.enter(closed)).toMatchObject({ ok: true })
  })
})

describe('logout', () => {
  it('revokes this session at once, leaves the others and clears the cookie', async ({ expect }) => {
    const org = await anOrg()
    const other = await logIn(org.email)
    const answer = await api({ cookie: `session_token=${org.token}` }).post('/api/auth/logout')
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expect(answer.headers.get('set-cookie')).toBe('session_token=; HttpOnly; Path=/; SameSite=Lax; Max-Age=0')
    expect((await org.get('/api/auth/session')).body.code).toBe('session_revoked')
    expect((await api(bearer(other)).get('/api/auth/session')).status).toBe(200)
  })

  it('clears the cookie even without a valid session', async ({ expect }) => {
    for (const headers of [{}, { cookie: 'session_token=nonsense' }, bearer('nonsense')]) {
      const answer = await api().post('/api/auth/logout', undefined, headers)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
    }
  })
})

describe('the caller', () => {
  it('is described from the database by me', async ({ expect }) => {
    const org = await anOrg()
    await env.DB.prepare("UPDATE users SET role = 'viewer', name = NULL WHERE id = ?").bind(org.userId).run()
    const answer = await org.get('/api/auth/me')
    expect(answer.status).toBe(200)
    expect(profileAnswer.strict().parse(answer.body)).toMatchObject({
      id: org.userId,
      email: org.email,
      name: null,
      role: 'viewer',
      orgId: org.orgId,
    })
  })

  it('gets 404 when the user is gone', async ({ expect }) => {
    const org = await anOrg()
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(org.userId).run()
    expect((await org.get('/api/auth/me')).body).toMatchObject({ error: 'User not found', code: 'not_found' })
    const change = { currentPassword: PASSWORD, newPassword: 'another good password' }
    expect((await org.post('/api/auth/change-password', change)).body.error).toBe('User not found')
  })

  it('is described by session without touching the database', async ({ expect }) => {
    const org = await anOrg()
    const answer = await apiWith({ DEBUG_COST: 'true' }, bearer(org.token)).get('/api/auth/session')
    expect(sessionAnswer.strict().parse(answer.body).user).toEqual({
      id: org.userId,
      role: 'admin',
      orgId: org.orgId,
    })
    expect(answer.headers.get('x-aurora-cost')).toBe('d1=0;stmts=0;read=0;written=0;do=1')
  })
})

describe('unexpected failures', () => {
  it('carry the text of their endpoint and nothing of the cause', async ({ expect }) => {
    const org = await anOrg()
    const broken = new Proxy(env.DB, {
      get: () => () => {
        throw new Error('secret detail of the database')
      },
    })
    const client = apiWith({ DB: broken }, bearer(org.token))
    const email = freshEmail()
    const change = { currentPassword: PASSWORD, newPassword: 'another good password' }
    const answers = [
      await client.post('/api/auth/register', { email, password: PASSWORD }),
      await client.post('/api/auth/login', { email, password: PASSWORD }),
      await client.post('/api/auth/change-password', change),
      await client.get('/api/auth/me'),
    ]
    expect(answers.map(({ status, body }) => [status, body.error, body.code])).toEqual([
      [500, 'Registration failed', 'internal_error'],
      [500, 'Login failed', 'internal_error'],
      [500, 'Password change failed', 'internal_error'],
      [500, 'Server error', 'internal_error'],
    ])
    expect(answers.map(({ text }) => text).join()).not.toContain('secret detail')
  })
})
