import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import {
  existsAnswer,
  memberAnswer,
  memberList,
  memberRemoved,
  organizationAnswer,
  organizationRenamed,
  roleAnswer,
  rolesAnswer,
} from '../../src/http/answers/organizations'
import { sweep } from '../../src/jobs/sweep'
import { REVOCATION } from '../../src/services/revocation'
import { queueEffect } from '../../src/store/runs'
import { openTenant } from '../../src/store/tenant-db'
import { api, apiWith } from '../support/api'
import { anOrg, bearer, logIn, PASSWORD } from '../support/org'
import { seedIncident, seedSession } from '../support/seed'

const freshEmail = () => `${newId()}@example.com`
const ROLE = 'Invalid role. Must be one of: admin, editor, viewer'

describe('the current organisation', () => {
  it('is shown to every member with its members', async ({ expect }) => {
    const org = await anOrg()
    const viewer = await org.member('viewer')
    const { status, body } = await viewer.get('/api/orgs/current')
    expect(status).toBe(200)
    const shown = organizationAnswer.strict().parse(body)
    expect(shown).toMatchObject({ id: org.orgId, createdBy: org.userId, planTier: 'free' })
    expect(shown.members.map(({ id, role }) => [id, role])).toEqual([
      [org.userId, 'admin'],
      [viewer.userId, 'viewer'],
    ])
  })

  it('takes a name and a slug', async ({ expect }) => {
    const org = await anOrg()
    const slug = `team-${newId().slice(-8)}`
    const { status, body } = await org.patch('/api/orgs', { name: ' Checkout team ', slug })
    expect(status).toBe(200)
    expect(organizationRenamed.strict().parse(body)).toEqual({ id: org.orgId, name: 'Checkout team', slug })
    expect((await org.patch('/api/orgs', { name: null, slug })).body.name).toBe('Checkout team')
    expect((await org.get('/api/orgs/current')).body).toMatchObject({ name: 'Checkout team', slug })
    const other = await anOrg()
    const taken = await other.patch('/api/orgs', { slug })
    expect([taken.status, taken.body.error, taken.body.code]).toEqual([
      409,
      'Slug is already taken',
      'already_exists',
    ])
  })

  it.for([
    [{}, 'name or slug required'],
    [{ name: null }, 'name or slug required'],
    [{ name: ' ' }, 'Name must be 1-100 characters'],
    [{ name: 'x'.repeat(101) }, 'Name must be 1-100 characters'],
    [{ name: 5 }, 'Name must be 1-100 characters'],
    [{ slug: 'a' }, 'Slug must be 2-50 lowercase alphanumeric characters or hyphens'],
    [{ slug: 'Team' }, 'Slug must be 2-50 lowercase alphanumeric characters or hyphens'],
    [{ slug: 'team-' }, 'Slug must be 2-50 lowercase alphanumeric characters or hyphens'],
    [{ slug: 'x'.repeat(51) }, 'Slug must be 2-50 lowercase alphanumeric characters or hyphens'],
  ] as const)('refuses %j', async ([input, error], { expect }) => {
    const org = await anOrg()
    const { status, body } = await org.patch('/api/orgs', input)
    expect([status, body.error, body.code]).toEqual([400, error, 'validation_failed'])
  })
})

describe('who is no admin', () => {
  it('may do nothing about members, organisation, invitations and the audit log', async ({ expect }) => {
    const org = await anOrg()
    const [viewer, editor] = [await org.member('viewer'), await org.member('editor')]
    for (const [method, path, body] of [
      ['PATCH', '/api/orgs', { name: 'Mine' }],
      ['GET', '/api/admin/users', undefined],
      ['POST', '/api/admin/users', { email: freshEmail(), password: PASSWORD }],
      ['DELETE', `/api/admin/users/${viewer.userId}`, undefined],
      ['GET', `/api/admin/users/${viewer.userId}/roles`, undefined],
      ['POST', `/api/admin/users/${viewer.userId}/roles`, { role: 'admin' }],
      ['DELETE', `/api/admin/users/${org.userId}/roles/admin`, undefined],
      ['POST', '/api/invitations', { email: freshEmail(), role: 'admin' }],
      ['GET', '/api/invitations', undefined],
      ['DELETE', `/api/invitations/${newId()}`, undefined],
      ['GET', '/api/audit-log', undefined],
      ['GET', '/api/audit-log/verify', undefined],
    ] as const) {
      for (const member of [viewer, editor]) {
        const answer = await member.call(method, path, body)
        expect([method, path, answer.status, answer.body.error]).toEqual([method, path, 403, 'Forbidden'])
      }
    }
  })
})

describe('a new member', () => {
  it('is created with a first password that must be changed before anything else', async ({ expect }) => {
    const org = await anOrg()
    const email = freshEmail()
    const created = await org.post('/api/admin/users', {
      email: ` ${email.toUpperCase()} `,
      password: 'first password',
      name: 'Eve',
      role: 'editor',
    })
    expect(created.status).toBe(201)
    expect(memberAnswer.strict().parse(created.body)).toMatchObject({ email, name: 'Eve', role: 'editor' })

    const eve = api(bearer(await logIn(email, 'first password')))
    expect((await eve.get('/api/auth/me')).body.mustChangePassword).toBe(true)
    const refused = await eve.get('/api/orgs/current')
    expect([refused.status, refused.body.code]).toEqual([403, 'password_change_required'])
    const changed = await eve.post('/api/auth/change-password', {
      currentPassword: 'first password',
      newPassword: 'second password',
    })
    expect(changed.status).toBe(200)
    expect((await eve.get('/api/orgs/current')).status).toBe(200)
    expect((await eve.get('/api/auth/me')).body.mustChangePassword).toBe(false)
  })

  it('is a viewer unless the admin says otherwise, and is listed after the others', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post('/api/admin/users', {
      email: freshEmail(),
      password: PASSWORD,
      role: null,
    })
    expect(body).toMatchObject({ role: 'viewer', name: null })
    const list = await org.get('/api/admin/users')
    expect(memberList.parse(list.body).map(({ id }) => id)).toEqual([org.userId, body.id])
  })

  it('is only looked for with check_only', async ({ expect }) => {
    const org = await anOrg()
    const stranger = await anOrg()
    for (const [email, exists] of [
      [org.email, true],
      [stranger.email, true],
      [freshEmail(), false],
    ] as const) {
      const { status, body } = await org.post('/api/admin/users', { email, check_only: true })
      expect([status, existsAnswer.strict().parse(body)]).toEqual([200, { exists }])
    }
  })

  it.for([
    [{}, 'Email is required'],
    [{ email: 5, role: 'king' }, 'Email is required'],
    [{ email: 'nobody', role: 'king' }, 'Invalid email address'],
    [{ email: 'a@b.example', role: 'king' }, ROLE],
    [{ email: 'a@b.example', role: 7, password: 'x' }, ROLE],
    [{ email: 'a@b.example' }, 'Password is required when creating a new account'],
    [{ email: 'a@b.example', password: 5 }, 'Password is required when creating a new account'],
    [{ email: 'a@b.example', password: 'short' }, 'Password must be at least 8 characters'],
    [{ email: 'a@b.example', password: 'x'.repeat(129) }, 'Password must be at most 128 characters'],
    [{ email: 'a@b.example', password: PASSWORD, name: 'x'.repeat(256) }, 'Invalid name'],
    [{ email: 'a@b.example', password: PASSWORD, check_only: 'yes' }, 'Invalid check_only'],
  ] as const)('is refused for %j', async ([input, error], { expect }) => {
    const org = await anOrg()
    const { status, body } = await org.post('/api/admin/users', input)
    expect([status, body.error, body.code]).toEqual([400, error, 'validation_failed'])
  })

  it('is refused when the address is taken, here or elsewhere, also by a racer', async ({ expect }) => {
    const [org, other] = [await anOrg(), await anOrg()]
    const create = (email: string) => org.post('/api/admin/users', { email, password: PASSWORD })
    const [mine, theirs] = [await create(org.email), await create(other.email)]
    expect([mine.status, mine.body.error, mine.body.code]).toEqual([
      409,
      'This user is already a member of your organization',
      'already_exists',
    ])
    expect([theirs.status, theirs.body.error]).toEqual([409, 'A user with this email already exists'])
    const email = freshEmail()
    const racers = await Promise.all([create(email), create(email), create(email)])
    expect(racers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
  })
})

describe('a role', () => {
  it('is read, given and taken away, and ends the sessions that knew the old one', async ({ expect }) => {
    const org = await anOrg()
    const member = await org.member('viewer')
    const path = `/api/admin/users/${member.userId}/roles`
    expect(rolesAnswer.strict().parse((await org.get(path)).body)).toEqual({
      user_id: member.userId,
      roles: ['viewer'],
    })
    const same = await org.post(path, { role: 'viewer' })
    expect([same.status, same.body.role]).toEqual([200, 'viewer'])
    expect((await member.get('/api/orgs/current')).status).toBe(200)

    const given = await org.post(path, { role: 'editor' })
    expect(roleAnswer.strict().parse(given.body)).toEqual({ user_id: member.userId, role: 'editor' })
    const ended = await member.get('/api/orgs/current')
    expect([ended.status, ended.body.code]).toEqual([401, 'session_revoked'])

    expect((await org.delete(`${path}/admin`)).body.role).toBe('editor')
    expect((await org.delete(`${path}/editor`)).body).toEqual({ user_id: member.userId, role: 'viewer' })
    expect((await org.delete(`${path}/viewer`)).body.role).toBe('viewer')
  })

  it('must exist, as must the member', async ({ expect }) => {
    const org = await anOrg()
    const path = `/api/admin/users/${org.userId}/roles`
    for (const answer of [
      await org.post(path, { role: 'king' }),
      await org.post(path, {}),
      await org.delete(`${path}/king`),
    ])
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([400, ROLE, 'validation_failed'])
    for (const answer of [
      await org.get(`/api/admin/users/${newId()}/roles`),
      await org.post(`/api/admin/users/${newId()}/roles`, { role: 'viewer' }),
      await org.delete(`/api/admin/users/${newId()}/roles/viewer`),
      await org.delete(`/api/admin/users/${newId()}`),
    ])
      expect([answer.status, answer.body.error]).toEqual([404, 'User not found in this organization'])
    const malformed = await org.get('/api/admin/users/me/roles')
    expect([malformed.status, malformed.body.code]).toEqual([400, 'invalid_id'])
  })

  it('of the last admin stays', async ({ expect }) => {
    const org = await anOrg()
    for (const answer of [
      await org.post(`/api/admin/users/${org.userId}/roles`, { role: 'viewer' }),
      await org.delete(`/api/admin/users/${org.userId}/roles/admin`),
    ])
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([
        409,
        'Organization must keep at least one admin',
        'conflict',
      ])
  })

  it('of one admin at least survives two who demote or remove each other', async ({ expect }) => {
    for (const method of ['POST', 'DELETE']) {
      const org = await anOrg()
      const second = await org.member('admin')
      const suffix = method === 'POST' ? '/roles' : ''
      const answers = await Promise.all([
        org.call(method, `/api/admin/users/${second.userId}${suffix}`, { role: 'viewer' }),
        second.call(method, `/api/admin/users/${org.userId}${suffix}`, { role: 'viewer' }),
      ])
      const { results } = await env.DB.prepare("SELECT id FROM users WHERE org_id = ? AND role = 'admin'")
        .bind(org.orgId)
        .all()
      expect(results).toHaveLength(1)
      // The loser is told why, or had lost the session before the request got in.
      const [lost] = answers.filter(({ status }) => status !== 200)
      expect(['conflict', 'session_revoked']).toContain(lost?.body.code)
    }
  })

  it('change whose request died before the sessions were ended is finished by the sweep', async ({
    expect,
  }) => {
    const org = await anOrg()
    const member = await org.member('viewer')
    const key = `revoke:${newId()}`
    await queueEffect(openTenant(env.DB, org.orgId), {
      kind: REVOCATION,
      dedupeKey: key,
      payload: { userId: member.userId, key },
      nextAt: Date.now() - 1,
    })
    expect((await member.get('/api/orgs/current')).status).toBe(200)
    await sweep(env, Date.now())
    expect((await member.get('/api/orgs/current')).body.code).toBe('session_revoked')
    const row = await env.DB.prepare('SELECT done_at FROM outbox WHERE dedupe_key = ?').bind(key).first()
    expect(row?.['done_at']).toBeTypeOf('number')
  })
})

describe('a member who is removed', () => {
  it('loses sessions, chats, preferences and tokens; incidents stay', async ({ expect }) => {
    const org = await anOrg()
    const member = await org.member('editor')
    const incidentId = await seedIncident(org.orgId)
    const asked = await member.post(`/api/incidents/${incidentId}/chat`, { question: 'Why?' })
    expect(asked.status).toBe(202)
    const idle = await seedSession(org.orgId, { userId: member.userId, title: 'My plans' })
    await member.post('/api/user-preferences', { key: 'theme', value: 'dark' })
    const token = (await member.post('/api/tokens', { name: 'Script', scope: 'write' })).body.token

    const { status, body } = await org.delete(`/api/admin/users/${member.userId}`)
    expect([status, memberRemoved.strict().parse(body)]).toEqual([
      200,
      { message: 'User deleted', id: member.userId },
    ])
    expect((await member.get('/api/orgs/current')).body.code).toBe('session_revoked')
    expect((await api(bearer(token)).get('/api/orgs/current')).status).toBe(401)
    expect((await org.get(`/api/incidents/${incidentId}`)).status).toBe(200)

    const count = async (sql: string, ...values: readonly unknown[]) =>
      (
        await env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
          .bind(...values)
          .first()
      )?.['n']
    expect(await count('users WHERE id = ?', member.userId)).toBe(0)
    expect(await count('user_preferences WHERE user_id = ?', member.userId)).toBe(0)
    expect(await count('access_tokens WHERE user_id = ?', member.userId)).toBe(0)
    expect(await count('chat_sessions WHERE user_id = ? AND is_active', member.userId)).toBe(0)
    expect(await count("chat_sessions WHERE id = ? AND title <> ''", idle)).toBe(0)
    expect(await count('chat_messages WHERE session_id = ?', asked.body.session_id)).toBe(0)
    expect(await count("runs WHERE id = ? AND state = 'cancelled'", asked.body.run_id)).toBe(1)
  })

  it('is never oneself, and gone the second time', async ({ expect }) => {
    const org = await anOrg()
    const own = await org.delete(`/api/admin/users/${org.userId.toUpperCase()}`)
    expect([own.status, own.body.error, own.body.code]).toEqual([
      400,
      'Cannot delete your own account',
      'invalid_state',
    ])
    const { userId } = await org.member('admin')
    const answers = await Promise.all([
      org.delete(`/api/admin/users/${userId}`),
      org.delete(`/api/admin/users/${userId}`),
    ])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404])
  })

  it('cannot be vouched for by a server', async ({ expect }) => {
    const org = await anOrg()
    const { userId } = await org.member('viewer')
    const server = apiWith(
      { INTERNAL_API_SECRET: 'shared' },
      { 'x-internal-secret': 'shared', 'x-user-id': userId },
    )
    expect((await server.get('/api/orgs/current')).status).toBe(200)
    await org.delete(`/api/admin/users/${userId}`)
    expect((await server.get('/api/orgs/current')).body.error).toBe('Unauthorized - unknown user')
  })
})
