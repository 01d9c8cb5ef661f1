import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { invitationCreated, invitationList, joinedAnswer } from '../../src/http/answers/organizations'
import { newId } from '../../src/lib/ids'
import { api } from '../support/api'
import { anOrg, bearer, logIn, PASSWORD, type Org } from '../support/org'
import { seedIncident } from '../support/seed'

async function invited(org: Pick<Org, 'post'>, email: string, role = 'editor') {
  const { status, body } = await org.post('/api/invitations', { email, role })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return invitationCreated.strict().parse(body)
}

const accept = (who: Pick<Org, 'post'>, token: string) => who.post('/api/invitations/accept', { token })
const decline = (who: Pick<Org, 'post'>, token: string) => who.post('/api/invitations/decline', { token })
const orgOf = async (userId: string) =>
  (await env.DB.prepare('SELECT org_id, role FROM users WHERE id = ?').bind(userId).first()) ?? {}
const age = (id: string) =>
  env.DB.prepare('UPDATE invitations SET expires_at = ? WHERE id = ?')
    .bind(Date.now() - 1, id)
    .run()

describe('an invitation', () => {
  it('is shown with its token once, and listed without', async ({ expect }) => {
    const org = await anOrg()
    const email = `${newId()}@example.com`
    const made = await invited(org, ` ${email.toUpperCase()} `, 'viewer')
    expect(made).toMatchObject({ email, role: 'viewer', status: 'pending', invitedBy: org.userId })
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(7 * 24 * 3_600_000)
    const list = await org.get('/api/invitations')
    const { token, ...shown } = made
    expect(invitationList.parse(list.body)).toEqual({ invitations: [shown] })
    const row = await env.DB.prepare('SELECT * FROM invitations WHERE id = ?').bind(made.id).first()
    expect(list.text + JSON.stringify(row)).not.toContain(token)
  })

  it.for([
    [{}, 'Email is required'],
    [{ email: 'nobody', role: 'viewer' }, 'Invalid email address'],
    [{ email: 'a@b.example' }, 'Invalid role. Must be one of: admin, editor, viewer'],
    [{ email: 'a@b.example', role: 'king' }, 'Invalid role. Must be one of: admin, editor, viewer'],
  ] as const)('is refused for %j', async ([input, error], { expect }) => {
    const org = await anOrg()
    const { status, body } = await org.post('/api/invitations', input)
    expect([status, body.error, body.code]).toEqual([400, error, 'validation_failed'])
  })

  it('is one for an address, unless the last one expired, and none for a member', async ({ expect }) => {
    const org = await anOrg()
    const email = `${newId()}@example.com`
    const { id } = await invited(org, email)
    const again = () => org.post('/api/invitations', { email, role: 'viewer' })
    const refused = await again()
    expect([refused.status, refused.body.error, refused.body.code]).toEqual([
      409,
      'This user is already invited to your organization',
      'already_exists',
    ])
    await age(id)
    expect((await org.get('/api/invitations')).body.invitations[0].status).toBe('expired')
    expect((await again()).status).toBe(201)
    const own = await org.post('/api/invitations', { email: org.email, role: 'viewer' })
    expect([own.status, own.body.error]).toEqual([409, 'This user is already a member of your organization'])
  })

  it('can be cancelled while it waits', async ({ expect }) => {
    const [org, guest] = [await anOrg(), await anOrg()]
    const { id, token } = await invited(org, guest.email)
    expect((await org.delete(`/api/invitations/${id}`)).body).toEqual({ success: true })
    const again = await org.delete(`/api/invitations/${id}`)
    expect([again.status, again.body.error, again.body.code]).toEqual([
      409,
      'Invitation was already cancelled',
      'conflict',
    ])
    for (const answer of [await accept(guest, token), await decline(guest, token)])
      expect([answer.status, answer.body.error]).toEqual([409, 'Invitation was already cancelled'])
    const absent = await org.delete(`/api/invitations/${newId()}`)
    expect([absent.status, absent.body.error]).toEqual([404, 'Invitation not found'])
  })
})

describe('accepting', () => {
  it('moves the user, with preferences, and ends what belonged to the old organisation', async ({
    expect,
  }) => {
    const [org, guest] = [await anOrg(), await anOrg()]
    await guest.post('/api/user-preferences', { key: 'theme', value: 'dark' })
    await guest.post('/api/integrations', { source: 'generic', name: 'Old' })
    const pat = (await guest.post('/api/tokens', { name: 'Script', scope: 'write' })).body.token
    const { token } = await invited(org, guest.email)
    const { status, body } = await accept(guest, token)
    expect([status, joinedAnswer.strict().parse(body)]).toMatchObject([
      200,
      { orgId: org.orgId, role: 'editor' },
    ])
    expect((await guest.get('/api/auth/session')).body.code).toBe('session_revoked')
    expect((await api(bearer(pat)).get('/api/auth/session')).status).toBe(401)

    const moved = api(bearer(await logIn(guest.email)))
    expect((await moved.get('/api/auth/me')).body).toMatchObject({ orgId: org.orgId, role: 'editor' })
    expect((await moved.get('/api/user-preferences?key=theme')).body.value).toBe('dark')
    expect((await moved.get('/api/integrations')).body.integrations).toEqual([])
    const old = await env.DB.prepare('SELECT enabled FROM integrations WHERE org_id = ?')
      .bind(guest.orgId)
      .first()
    expect(old?.['enabled']).toBe(0)
    const { results } = await env.DB.prepare(
      "SELECT org_id, event FROM audit_log WHERE actor = ? AND event IN ('member.left', 'invitation.accepted') ORDER BY event",
    )
      .bind(guest.userId)
      .all()
    expect(results).toEqual([
      { org_id: org.orgId, event: 'invitation.accepted' },
      { org_id: guest.orgId, event: 'member.left' },
    ])
    expect((await org.get('/api/invitations')).body.invitations[0].status).toBe('accepted')
  })

  it('happens once, however many try at the same time', async ({ expect }) => {
    const [org, guest] = [await anOrg(), await anOrg()]
    const { token } = await invited(org, guest.email)
    const second = api(bearer(await logIn(guest.email)))
    const answers = await Promise.all([accept(guest, token), accept(second, token), decline(second, token)])
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status, body } of answers)
      if (status !== 200) expect(['conflict', 'session_revoked']).toContain(body.code)
    const stays = won[0]?.body.success === true
    expect(await orgOf(guest.userId)).toMatchObject({ org_id: stays ? guest.orgId : org.orgId })
    const { results } = await env.DB.prepare(
      "SELECT id FROM audit_log WHERE actor = ? AND event LIKE 'invitation.%'",
    )
      .bind(guest.userId)
      .all()
    expect(results).toHaveLength(1)
  })

  it('one of two invitations leaves the other waiting', async ({ expect }) => {
    const [one, other, guest] = [await anOrg(), await anOrg(), await anOrg()]
    const first = await invited(one, guest.email)
    const second = await invited(other, guest.email)
    const answers = await Promise.all([accept(guest, first.token), accept(guest, second.token)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const { results } = await env.DB.prepare('SELECT state FROM invitations WHERE email = ? ORDER BY state')
      .bind(guest.email)
      .all()
    expect(results.map((row) => row['state'])).toEqual(['accepted', 'pending'])
  })

  it('is for the invited address alone', async ({ expect }) => {
    const [org, guest, thief] = [await anOrg(), await anOrg(), await anOrg()]
    const { token } = await invited(org, guest.email)
    for (const answer of [await accept(thief, token), await decline(thief, token)])
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([
        403,
        'This invitation is for another e-mail address',
        'forbidden',
      ])
    for (const wrong of ['none', `${token}x`, 'x'.repeat(201)]) {
      const { status, body } = await accept(guest, wrong)
      expect([wrong, body.error]).toEqual([wrong, 'Invitation not found'])
      expect(status).toBe(wrong.length > 200 ? 400 : 404)
    }
    expect((await accept(guest, '')).body.error).toBe('Token is required')
  })

  it('is refused when it expired', async ({ expect }) => {
    const [org, guest] = [await anOrg(), await anOrg()]
    const { id, token } = await invited(org, guest.email)
    await age(id)
    for (const answer of [await accept(guest, token), await decline(guest, token)])
      expect([answer.status, answer.body.error]).toEqual([409, 'Invitation has expired'])
  })

  it('is refused when somebody or something would stay behind', async ({ expect }) => {
    const org = await anOrg()
    for (const fill of [
      (guest: Org) => guest.member('viewer'),
      (guest: Org) => seedIncident(guest.orgId),
    ] as const) {
      const guest = await anOrg()
      await fill(guest)
      const { token } = await invited(org, guest.email)
      const { status, body } = await accept(guest, token)
      expect([status, body.error, body.code]).toEqual([
        409,
        'Your organization has other members or incidents, so you cannot leave it',
        'conflict',
      ])
      expect(await orgOf(guest.userId)).toMatchObject({ org_id: guest.orgId, role: 'admin' })
      expect((await guest.get('/api/auth/session')).status).toBe(200)
      expect((await decline(guest, token)).status).toBe(200)
    }
  })

  it('into the own organisation is refused', async ({ expect }) => {
    const org = await anOrg()
    const email = `${newId()}@example.com`
    const { token } = await invited(org, email, 'admin')
    await org.post('/api/admin/users', { email, password: PASSWORD })
    const fresh = api(bearer(await logIn(email)))
    await fresh.post('/api/auth/change-password', {
      currentPassword: PASSWORD,
      newPassword: 'another good password',
    })
    const { status, body } = await accept(fresh, token)
    expect([status, body.error]).toEqual([409, 'You are already a member of this organization'])
  })
})

describe('declining', () => {
  it('ends the invitation and nothing else', async ({ expect }) => {
    const [org, guest] = [await anOrg(), await anOrg()]
    const { token } = await invited(org, guest.email)
    expect((await decline(guest, token)).body).toEqual({ success: true })
    const late = await accept(guest, token)
    expect([late.status, late.body.error]).toEqual([409, 'Invitation was already declined'])
    expect((await guest.get('/api/auth/session')).status).toBe(200)
    expect((await org.get('/api/invitations')).body.invitations[0].status).toBe('declined')
  })
})
