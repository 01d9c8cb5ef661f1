import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { accessTokenCreated, accessTokenList } from '../../src/http/answers/access-tokens'
import { sha256Hex } from '../../src/lib/hmac'
import { verifyTicket } from '../../src/lib/session-token'
import { api, apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'

const make = async (org: Pick<Org, 'post'>, input: object = {}) => {
  const { status, body } = await org.post('/api/tokens', { name: 'Script', scope: 'write', ...input })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return accessTokenCreated.strict().parse(body)
}

const rename = (token: string) => api(bearer(token)).patch('/api/orgs', { name: 'Renamed' })

describe('a personal access token', () => {
  it('is shown once, stored as its hash, and listed without it', async ({ expect }) => {
    const org = await anOrg()
    const made = await make(org, { name: ' Deploys ', scope: 'read' })
    expect(made.token).toMatch(/^aur_pat_[\w-]{43}$/)
    expect(made).toMatchObject({ name: 'Deploys', scope: 'read', expiresAt: null })
    const list = await org.get('/api/tokens')
    const { token, ...shown } = made
    expect(accessTokenList.parse(list.body)).toEqual({ tokens: [shown] })
    expect(list.text).not.toContain(token)
    const row = await env.DB.prepare('SELECT * FROM access_tokens WHERE id = ?').bind(made.id).first()
    expect(row?.['token_hash']).toBe(await sha256Hex(token))
    expect(JSON.stringify(row)).not.toContain(token)
    const log = await env.DB.prepare("SELECT * FROM audit_log WHERE event = 'token.created' AND subject = ?")
      .bind(made.id)
      .first()
    expect(log).toMatchObject({ actor: org.userId, org_id: org.orgId })
    expect(JSON.stringify(log)).not.toContain(token)
  })

  it('acts as its owner, with one read that is kept', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    const script = apiWith({ DEBUG_COST: 'true' }, bearer(token))
    const first = await script.get('/api/auth/session')
    expect(first.body).toEqual({
      user: { id: org.userId, role: 'admin', orgId: org.orgId },
      expiresAt: null,
    })
    expect(first.headers.get('x-aurora-cost')).toMatch(/^d1=1;stmts=1;/)
    expect((await script.get('/api/auth/session')).headers.get('x-aurora-cost')).toMatch(/^d1=0;/)
    expect((await rename(token)).status).toBe(200)
  })

  it('only reads in scope read', async ({ expect }) => {
    const org = await anOrg()
    const reader = api(bearer((await make(org, { scope: null })).token))
    expect((await reader.get('/api/orgs/current')).status).toBe(200)
    expect((await reader.call('HEAD', '/api/orgs/current')).status).toBe(200)
    for (const answer of [
      await reader.patch('/api/orgs', { name: 'Mine' }),
      await reader.post('/api/user-preferences', { key: 'theme', value: 1 }),
      await reader.delete(`/api/admin/users/${org.userId}`),
      // A socket takes questions, so neither it nor the ticket to it is reading.
      await reader.get('/api/orgs/current', { upgrade: 'websocket' }),
      await reader.get('/api/ws-token'),
    ])
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([403, 'Forbidden', 'forbidden'])
  })

  it('makes no tokens', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    const answer = await api(bearer(token)).post('/api/tokens', { name: 'Another' })
    expect([answer.status, answer.body.error]).toEqual([403, 'Forbidden'])
  })

  it('has the role of its owner, as it is with the next request', async ({ expect }) => {
    const org = await anOrg()
    const member = await org.member('admin')
    const { token } = await make(member)
    expect((await rename(token)).status).toBe(200)
    await org.post(`/api/admin/users/${member.userId}/roles`, { role: 'viewer' })
    const refused = await rename(token)
    expect([refused.status, refused.body.error]).toEqual([403, 'Forbidden'])
    expect((await api(bearer(token)).get('/api/auth/session')).body.user.role).toBe('viewer')
    await org.delete(`/api/admin/users/${member.userId}`)
    expect((await api(bearer(token)).get('/api/auth/session')).body.code).toBe('invalid_token')
  })

  it('outlives a change of password', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    await org.post('/api/auth/change-password', {
      currentPassword: org.password,
      newPassword: 'another good password',
    })
    expect((await api(bearer(token)).get('/api/auth/session')).status).toBe(200)
  })

  it('ends with the next request when it is revoked, though it was just used', async ({ expect }) => {
    const org = await anOrg()
    const { id, token } = await make(org)
    const script = api(bearer(token))
    expect((await script.get('/api/auth/session')).status).toBe(200)
    const path = `/api/tokens/${id}`
    expect((await org.delete(path)).body).toEqual({ success: true })
    const ended = await script.get('/api/auth/session')
    expect([ended.status, ended.body.error, ended.body.code]).toEqual([
      401,
      'Session has been revoked',
      'session_revoked',
    ])
    expect((await org.get('/api/tokens')).body.tokens).toEqual([])
    const again = await org.delete(path)
    expect([again.status, again.body.error]).toEqual([404, 'Token not found'])
    expect((await org.get('/api/auth/session')).status).toBe(200)
  })

  it('stays revoked when the gate loses its memory', async ({ expect }) => {
    const org = await anOrg()
    const { id, token } = await make(org)
    const script = api(bearer(token))
    await script.get('/api/auth/session')
    await org.delete(`/api/tokens/${id}`)
    await evictDurableObject(env.GATE.getByName(`user:${org.userId}`))
    expect((await script.get('/api/auth/session')).body.code).toBe('session_revoked')
  })

  it('belongs to its owner alone', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await make(org)
    const colleague = await org.member('admin')
    expect((await colleague.get('/api/tokens')).body.tokens).toEqual([])
    expect((await colleague.delete(`/api/tokens/${id}`)).status).toBe(404)
    expect((await org.delete('/api/tokens/mine')).body.code).toBe('invalid_id')
  })

  it('ends when it expires, at once', async ({ expect }) => {
    const org = await anOrg()
    const { id, token, expiresAt } = await make(org, {
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    })
    const script = api(bearer(token))
    expect((await script.get('/api/auth/session')).body.expiresAt).toBe(expiresAt)
    await env.DB.prepare('UPDATE access_tokens SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, id)
      .run()
    // Another member's change of role has nothing to do with it; the owner's own makes the row be read again.
    await env.GATE.getByName(`user:${org.userId}`).revokeAll({ at: Date.now() + 1 })
    expect((await script.get('/api/auth/session')).body.code).toBe('invalid_token')
  })

  it('that nobody made, or that is not in the header, is refused', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    for (const headers of [
      bearer(`aur_pat_${'x'.repeat(43)}`),
      bearer(token.slice(0, -1)),
      { cookie: `session_token=${token}` },
    ]) {
      const { status, body } = await api(headers).get('/api/auth/session')
      expect([status, body.error]).toEqual([401, 'Invalid or expired session'])
    }
    const stranger = await anOrg()
    const script = api(bearer(token))
    const user = await script.get('/api/auth/session', { 'x-user-id': stranger.userId })
    expect(user.body.error).toBe('User identity mismatch')
    const other = await script.get('/api/auth/session', { 'x-org-id': stranger.orgId })
    expect(other.body.error).toBe('Forbidden - organization mismatch')
  })

  it('waits like its owner for a password to be changed, and counts like its owner', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    const strict = apiWith({ RATE_LIMIT_DEFAULT_PER_MINUTE: '2' })
    expect((await strict.get('/api/auth/session', bearer(token))).status).toBe(200)
    expect((await strict.get('/api/auth/session', bearer(org.token))).status).toBe(429)
    await env.GATE.getByName(`user:${org.userId}`).setMustChangePassword(true)
    expect((await api(bearer(token)).get('/api/orgs/current')).body.code).toBe('password_change_required')
  })

  it.for([
    [{ name: '' }, 'Invalid name'],
    [{ name: 'x'.repeat(101) }, 'Invalid name'],
    [{ scope: 'admin' }, 'Invalid scope. Must be one of: read, write'],
    [{ scope: 1 }, 'Invalid scope. Must be one of: read, write'],
    [{ expiresAt: 'tomorrow' }, 'Invalid expiresAt'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt must be in the future'],
  ] as const)('is refused for %j', async ([input, error], { expect }) => {
    const org = await anOrg()
    const { status, body } = await org.post('/api/tokens', { name: 'Script', ...input })
    expect([status, body.error, body.code]).toEqual([400, error, 'validation_failed'])
  })

  it('is one of fifty at most, whoever races', async ({ expect }) => {
    const org = await anOrg()
    await env.DB.prepare(
      `INSERT INTO access_tokens (id, org_id, user_id, name, scope, token_hash, token_suffix)
        SELECT hex(randomblob(16)), ?, ?, 'old', 'read', hex(randomblob(32)), 'abcd'
        FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49) SELECT i FROM n)`,
    )
      .bind(org.orgId, org.userId)
      .run()
    const race = await Promise.all([1, 2, 3].map(() => org.post('/api/tokens', { name: 'Script' })))
    expect(race.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
    const refused = race.find(({ status }) => status === 409)
    expect([refused?.body.error, refused?.body.code]).toEqual(['Token limit reached', 'conflict'])
  })
})

describe('a WebSocket ticket', () => {
  it('stands for the session for two minutes', async ({ expect }) => {
    const org = await anOrg()
    const { status, body } = await org.get('/api/ws-token')
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual(['token', 'expiresAt'])
    const checked = await verifyTicket(env, body.token, Date.now())
    if (!checked.ok) throw new Error(checked.reason)
    expect(checked.ticket).toMatchObject({ userId: org.userId, orgId: org.orgId })
    expect(new Date(checked.ticket.expiresAt).toISOString()).toBe(body.expiresAt)
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(120_000)
    const session = JSON.parse(atob(org.token.split('.')[1] ?? ''))
    expect(checked.ticket.sid).toBe(session.sid)
    const other = await verifyTicket(env, (await org.get('/api/ws-token')).body.token, Date.now())
    expect(other.ok && other.ticket.jti !== checked.ticket.jti).toBe(true)
  })

  it('of a writing access token can be revoked like a session', async ({ expect }) => {
    const org = await anOrg()
    const { token } = await make(org)
    const { body } = await api(bearer(token)).get('/api/ws-token')
    const checked = await verifyTicket(env, body.token, Date.now())
    expect(checked.ok && checked.ticket.sid).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is no session, and needs one', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.get('/api/ws-token')
    expect((await api(bearer(body.token)).get('/api/auth/session')).body.code).toBe('invalid_token')
    expect((await api().get('/api/ws-token')).body.code).toBe('unauthenticated')
  })
})
