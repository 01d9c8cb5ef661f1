import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { sha256Hex } from '../../src/lib/hmac'
import { anOrg } from '../support/org'
import { seedResources } from '../support/resources'

const URLS = {
  slack: 'https://hooks.slack.com/services/T0/B0/very-secret',
  hook: 'https://hooks.example.com/in?key=very-secret',
}
const HOOK = { kind: 'webhook', name: 'Hook', url: URLS.hook }
const PATH = '/api/notifications/channels'

describe('channels', () => {
  it('are made, shown without secrets, changed and removed, by admins', async ({ expect }) => {
    const org = await anOrg()
    const made = await org.post(PATH, HOOK)
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        channel: { kind: 'webhook', name: 'Hook', enabled: true, host: 'hooks.example.com', email: null },
        secret: expect.stringMatching(/^whsec_.{44}$/),
      },
    ])
    const { id } = made.body.channel
    const mail = await org.post(PATH, {
      kind: 'email',
      name: 'On call',
      provider: 'postmark',
      apiKey: 'very-secret',
      from: 'Aurora <aurora@example.com>',
      to: ['oncall@example.com'],
    })
    expect(mail.body).toMatchObject({
      channel: {
        host: 'postmark.com',
        events: ['investigation.completed'],
        email: {
          provider: 'postmark',
          from: 'Aurora <aurora@example.com>',
          to: ['oncall@example.com'],
          members: false,
        },
      },
      secret: null,
    })
    await org.post(PATH, { kind: 'slack', name: 'Slack', url: URLS.slack })
    const changed = await org.patch(`${PATH}/${id}`, {
      name: 'Renamed',
      events: ['incident.opened'],
      enabled: false,
    })
    expect(changed.body.channel).toMatchObject({
      name: 'Renamed',
      events: ['incident.opened'],
      enabled: false,
    })
    const rotated = await org.post(`${PATH}/${id}/rotate-secret`)
    expect([rotated.status, rotated.body.secret === made.body.secret]).toEqual([200, false])
    expect((await org.post(`${PATH}/${mail.body.channel.id}/rotate-secret`)).body.error).toBe(
      'This channel signs nothing',
    )
    // What no test reaches answers 599, and that is said.
    const tried = await org.post(`${PATH}/${id}/test`)
    expect([tried.status, tried.body]).toEqual([
      200,
      { ok: false, status: null, error: 'The receiver failed' },
    ])
    const list = await org.get(PATH)
    expect(list.body.channels.map(({ name }: { name: string }) => name)).toEqual([
      'Renamed',
      'On call',
      'Slack',
    ])
    const row = await env.DB.prepare(
      'SELECT group_concat(sealed || config) AS text FROM notification_channels WHERE org_id = ?',
    )
      .bind(org.orgId)
      .first<{ text: string }>()
    for (const text of [list.text, row?.text ?? '', (await org.get('/api/audit-log')).text]) {
      expect(text).not.toContain('very-secret')
      expect(text).not.toContain('whsec_')
    }
    expect((await org.delete(`${PATH}/${id}`)).body).toEqual({ success: true })
    expect((await org.get(`${PATH}/${id}`)).status).toBe(404)
    // Its name is free again.
    expect((await org.post(PATH, { ...HOOK, name: 'Renamed' })).status).toBe(201)
    const editor = await org.member('editor')
    expect((await editor.get(PATH)).status).toBe(200)
    for (const answer of [
      await editor.post(PATH, HOOK),
      await editor.patch(`${PATH}/${mail.body.channel.id}`, { name: 'Mine' }),
      await editor.delete(`${PATH}/${mail.body.channel.id}`),
      await editor.post(`${PATH}/${mail.body.channel.id}/test`),
    ])
      expect(answer.status).toBe(403)
  })

  it.for([
    [{ kind: 'pager' }, 'Invalid kind. Must be one of: slack, google_chat, webhook, email'],
    [{ name: '' }, 'Invalid name'],
    [{ url: undefined }, 'Missing url'],
    [{ url: 'http://hooks.example.com/' }, 'Only https addresses are allowed'],
    [{ url: 'https://10.0.0.1/' }, 'IP addresses are not allowed; use a public host name'],
    [{ url: 'https://aurora.test/hook' }, 'This host is not allowed'],
    [{ kind: 'slack' }, 'This host does not belong to the provider'],
    [{ events: ['incident.exploded'] }, /^Invalid events\. Must be of: investigation\.started/],
    [{ secret: 'whsec_c2hvcnQ=' }, 'Invalid secret. Must be whsec_ and base64 of 24 to 64 bytes'],
    [{ apiKey: 'k' }, 'apiKey does not belong to this kind of channel'],
    [{ kind: 'email', url: undefined, provider: 'resend', apiKey: 'k', from: 'a@example.com' }, 'Missing to'],
    [{ kind: 'email', url: undefined, from: 'a@example.com\r\nBcc: x@example.com' }, 'Invalid from'],
    [{ kind: 'email', url: undefined, to: ['a@example.com, b@example.com'] }, 'Invalid to'],
  ] as const)('are refused when they cannot work: %o', async ([changes, error], { expect }) => {
    const org = await anOrg()
    const answer = await org.post(PATH, { ...HOOK, ...changes })
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatch(error)
  })

  it('have names of their own, and one writer at a time', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post(PATH, HOOK)
    const again = await org.post(PATH, HOOK)
    expect([again.status, again.body.code]).toEqual([409, 'already_exists'])
    const answers = await Promise.all(
      ['One', 'Two'].map((name) => org.patch(`${PATH}/${body.channel.id}`, { name })),
    )
    const [{ name }] = (await org.get(PATH)).body.channels
    const won = answers.filter(({ status }) => status === 200)
    expect(won.at(-1)?.body.channel.name).toBe(name)
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
  })

  it('keep an e-mail key for the place it was given for', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post(PATH, {
      kind: 'email',
      name: 'Mail',
      provider: 'resend',
      apiKey: 'k',
      from: 'a@example.com',
      to: ['b@example.com'],
    })
    const path = `${PATH}/${body.channel.id}`
    expect((await org.patch(path, { to: ['c@example.com'] })).body.channel.email.to).toEqual([
      'c@example.com',
    ])
    expect((await org.patch(path, { endpoint: 'https://mail.example.com/api' })).body.error).toBe(
      'Missing apiKey',
    )
    const moved = await org.patch(path, { endpoint: 'https://mail.example.com/api', apiKey: 'k2' })
    expect(moved.body.channel.host).toBe('mail.example.com')
  })
})

describe('messages that were given up', () => {
  it('are listed, and tried again once by an editor', async ({ expect }) => {
    const org = await anOrg()
    const ids = await seedResources(org)
    const dead = await org.get(`/api/notifications/dead?channelId=${ids.channels}`)
    expect(dead.body).toMatchObject({
      deliveries: [
        {
          id: ids.deliveries,
          event: 'incident.opened',
          incidentId: ids.incidents,
          state: 'dead',
          nextAt: null,
        },
      ],
      nextCursor: null,
    })
    expect((await org.get('/api/notifications/deliveries?state=sent')).body.deliveries).toEqual([])
    expect((await org.get('/api/notifications/deliveries?state=lost')).body.error).toBe(
      'Invalid state. Must be one of: pending, sent, dead',
    )
    const path = `/api/notifications/deliveries/${ids.deliveries}/redrive`
    expect((await (await org.member('viewer')).post(path)).status).toBe(403)
    const editor = await org.member('editor')
    expect((await editor.post(path)).body.delivery).toMatchObject({ state: 'pending', attempts: 0 })
    expect((await editor.post(path)).body.error).toBe('Only a dead notification can be tried again')
    expect((await org.delete(`${PATH}/${ids.channels}`)).status).toBe(200)
    expect((await editor.post(path)).body.error).toBe(
      'The channel of this notification is switched off or gone',
    )
  })
})

describe('evidence', () => {
  it('is shown by its hash with the request that made it, and can be hashed again', async ({ expect }) => {
    const org = await anOrg()
    const { incidents, evidence } = await seedResources(org)
    expect((await org.get(`/api/evidence/${evidence.toUpperCase()}`)).body.evidence).toMatchObject({
      sha256: evidence,
      output: 'none',
      uses: [{ incidentId: incidents, number: 1, tool: 'recent_changes', command: 'last 60m', cited: false }],
    })
    expect((await org.get('/api/evidence/abc')).body).toMatchObject({
      error: 'Invalid evidence hash',
      code: 'invalid_id',
    })
    expect((await org.get(`/api/evidence/${'0'.repeat(64)}`)).status).toBe(404)
    const verify = `/api/incidents/${incidents}/evidence/1/verify`
    expect((await org.get(verify)).body).toEqual({ number: 1, sha256: evidence, matches: false })
    const sha256 = await sha256Hex('none')
    await env.DB.prepare('UPDATE evidence SET output_sha256 = ? WHERE incident_id = ?')
      .bind(sha256, incidents)
      .run()
    expect((await org.get(verify)).body).toEqual({ number: 1, sha256, matches: true })
    for (const number of ['2', '0', 'x'])
      expect((await org.get(`/api/incidents/${incidents}/evidence/${number}/verify`)).body.error).toBe(
        'Evidence not found',
      )
  })
})
