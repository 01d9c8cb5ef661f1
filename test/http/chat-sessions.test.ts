import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { chatSession, createdSession, sessionList } from '../../src/http/answers/chat-sessions'
import { newId } from '../../src/lib/ids'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { seedIncident, seedOrganization, seedSession } from '../support/seed'

const SESSIONS = '/chat_api/sessions'

/** A member whom no limit stops. */
const unlimited = (token: string) => apiWith(UNLIMITED, bearer(token))

const aSession = async (org: Pick<Org, 'post'>, body: unknown = {}) => (await org.post(SESSIONS, body)).body

const settled = (org: Pick<Org, 'get'>, id: string) =>
  vi.waitUntil(async () => {
    const { body } = await org.get(`${SESSIONS}/${id}`)
    return body.status === 'in_progress' ? null : body
  })

const said = (text: unknown, sender = 'user') => ({ sender, text })

describe('POST /chat_api/sessions', () => {
  it('without a body makes an empty session', async ({ expect }) => {
    const org = await anOrg()
    const { status, body } = await org.post(SESSIONS)
    expect(status).toBe(201)
    expect(Object.keys(body)).toEqual([
      'id',
      'title',
      'messages',
      'ui_state',
      'created_at',
      'updated_at',
      'status',
    ])
    expect(createdSession.parse(body)).toMatchObject({
      title: 'New Chat',
      messages: [],
      ui_state: {},
      status: 'active',
    })
  })

  it.for([
    ['Short question', 'Short question'],
    ['x'.repeat(50), 'x'.repeat(50)],
    [`${'word '.repeat(12)}end`, `${'word '.repeat(10).trim()}...`],
    ['y'.repeat(60), `${'y'.repeat(50)}...`],
  ])('makes a title of the first thing a person said: %s', async ([text, title], { expect }) => {
    const org = await anOrg()
    const created = await aSession(org, { title: '', messages: [said('Hello', 'bot'), said(text)] })
    expect(created.title).toBe(title)
  })

  it('keeps the keys of a client, fills in the rest and knows `bot`', async ({ expect }) => {
    const org = await anOrg()
    const { messages } = await aSession(org, {
      messages: [
        {
          sender: 'user',
          text: 'Look',
          timestamp: 1_777_000_000.5,
          mood: { calm: true },
          message_number: 99,
        },
        {
          sender: 'bot',
          text: [
            { type: 'text', text: 'Seen' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
          ],
          timestamp: '2026-05-04T11:00:00+02:00',
          run_id: 'r1',
          toolCalls: [{ id: 'call_1', tool_name: 'query', input: '{}', status: 'completed' }],
        },
      ],
    })
    expect(messages).toEqual([
      {
        message_number: 1,
        sender: 'user',
        text: 'Look',
        isCompleted: true,
        timestamp: '2026-04-24T03:06:40.500Z',
        run_id: null,
        mood: { calm: true },
      },
      {
        message_number: 2,
        sender: 'assistant',
        text: 'Seen',
        isCompleted: true,
        timestamp: '2026-05-04T09:00:00.000Z',
        run_id: 'r1',
        toolCalls: [{ id: 'call_1', tool_name: 'query', input: '{}', status: 'completed' }],
        images: [
          { displayData: 'data:image/png;base64,QUJD', type: 'image/png', data: 'QUJD', name: 'image' },
        ],
      },
    ])
  })

  it.for([
    ['Invalid title', { title: 5 }],
    ['Invalid title', { title: 'x'.repeat(256) }],
    ['Invalid messages', { messages: {} }],
    ['Invalid messages', { messages: ['hello'] }],
    ['Invalid messages', { messages: [{ sender: 'system', text: 'x' }] }],
    ['Invalid messages', { messages: [{ sender: 'user' }] }],
    ['Invalid messages', { messages: [said('x'.repeat(100_001))] }],
    ['Invalid messages', { messages: [said('a\u0000b')] }],
    ['Invalid messages', { messages: [{ ...said('x'), note: ['\u0000'] }] }],
    ['Invalid messages', { messages: [{ ...said('x'), timestamp: 'yesterday' }] }],
    ['Invalid messages', { messages: [{ ...said('x'), timestamp: 1e15 }] }],
    [
      'Invalid messages',
      { messages: [said([{ type: 'image_url', image_url: { url: 'https://x/y.png' } }])] },
    ],
    ['Invalid messages', { messages: Array.from({ length: 2001 }, () => said('x')) }],
    ['Invalid ui_state', { ui_state: [] }],
    ['Invalid ui_state', { ui_state: 'x' }],
    ['Invalid ui_state', { ui_state: { a: 'x'.repeat(16 * 1024) } }],
    ['Invalid ui_state', { ui_state: { a: '\u0000' } }],
  ] as const)('refuses with `%s`', async ([error, body], { expect }) => {
    const org = await anOrg()
    const answer = await org.post(SESSIONS, body)
    expect([answer.status, answer.body.error, answer.body.code]).toEqual([400, error, 'validation_failed'])
    expect((await org.get(SESSIONS)).body.sessions).toEqual([])
  })

  it('takes the largest transcript and state', async ({ expect }) => {
    const org = await anOrg()
    const messages = Array.from({ length: 2000 }, (_, n) => said(`${n} ${'é"'.repeat(100)}`))
    const created = await aSession(org, { messages, ui_state: { a: 'x'.repeat(16 * 1024 - 8) } })
    expect(created.messages).toHaveLength(2000)
    expect(created.messages[1999].text).toBe(messages[1999]?.text)
    expect((await org.get(`${SESSIONS}/${created.id}/status`)).body).toEqual({
      status: 'active',
      message_count: 2000,
    })
  })
})

describe('GET /chat_api/sessions', () => {
  it('pages through the sessions of the caller, last change first', async ({ expect }) => {
    const org = await anOrg()
    const ids: string[] = []
    for (const updatedAt of [1000, 3000, 3000, 2000, 5000])
      ids.push(await seedSession(org.orgId, { userId: org.userId, createdAt: 1, updatedAt }))
    await seedSession(org.orgId, { userId: org.userId, isActive: false })
    await seedSession(org.orgId, { userId: newId() })
    await seedSession(org.orgId)
    const expected = [ids[4], ...[ids[1] ?? '', ids[2] ?? ''].sort().reverse(), ids[3], ids[0]]
    const whole = (await org.get(SESSIONS)).body
    expect(sessionList.parse(whole).sessions.map(({ id }) => id)).toEqual(expected)
    expect(whole.next_cursor).toBeNull()
    const paged: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await org.get(`${SESSIONS}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      paged.push(...body.sessions.map(({ id }: { id: string }) => id))
      cursor = body.next_cursor
    }
    expect(paged).toEqual(expected)
  })

  it('shows the stored number of messages, the incident and whose it is, in the documented order of keys', async ({
    expect,
  }) => {
    const org = await anOrg()
    const created = await aSession(org, { messages: [said('One'), said('Two')], ui_state: { a: 1 } })
    const [listed] = (await org.get(SESSIONS)).body.sessions
    expect(listed).toEqual({
      id: created.id,
      title: 'One',
      created_at: created.created_at,
      updated_at: created.updated_at,
      message_count: 2,
      ui_state: { a: 1 },
      status: 'active',
      incident_id: null,
      is_own: true,
    })
    expect(Object.keys(listed).slice(0, 7)).toEqual([
      'id',
      'title',
      'created_at',
      'updated_at',
      'message_count',
      'ui_state',
      'status',
    ])
  })

  it('with `scope=org` adds the investigations of the organisation, nobody else’s', async ({ expect }) => {
    const org = await anOrg()
    const shared = await seedSession(org.orgId, { updatedAt: 9000 })
    await seedSession(org.orgId, { status: 'cancelled' })
    await seedSession(org.orgId, { userId: newId() })
    await seedSession(await seedOrganization())
    const own = await seedSession(org.orgId, { userId: org.userId, updatedAt: 8000 })
    const { sessions } = (await org.get(`${SESSIONS}?scope=org`)).body
    expect(sessions.map(({ id, is_own }: { id: string; is_own: boolean }) => [id, is_own])).toEqual([
      [shared, false],
      [own, true],
    ])
  })

  it('filters by status and refuses what is none', async ({ expect }) => {
    const org = await anOrg()
    const failed = await seedSession(org.orgId, { userId: org.userId, status: 'failed' })
    await seedSession(org.orgId, { userId: org.userId })
    const { sessions } = (await org.get(`${SESSIONS}?status=failed`)).body
    expect(sessions.map(({ id }: { id: string }) => id)).toEqual([failed])
    for (const [query, error] of [
      ['status=error', 'Invalid status'],
      ['limit=0', 'Invalid limit'],
      ['limit=501', 'Invalid limit'],
      ['limit=x', 'Invalid limit'],
      ['cursor=x', 'Invalid cursor'],
      ['cursor=%C3%A4', 'Invalid cursor'],
    ]) {
      const refused = await org.get(`${SESSIONS}?${query}`)
      expect([query, refused.status, refused.body.error]).toEqual([query, 400, error])
    }
  })

  it('reads hardly more rows than it shows', async ({ expect }) => {
    const org = await anOrg()
    for (let n = 0; n < 4; n++) {
      await seedSession(org.orgId, { userId: org.userId })
      await seedSession(org.orgId)
      await seedSession(org.orgId, { userId: newId() })
      await seedSession(await seedOrganization())
      await seedSession(org.orgId, { userId: org.userId, isActive: false })
    }
    const measured = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    for (const [path, rows] of [
      [SESSIONS, 5],
      [`${SESSIONS}?limit=2`, 4],
      [`${SESSIONS}?scope=org`, 10],
    ] as const) {
      const cost = (await measured.get(path)).headers.get('x-aurora-cost') ?? ''
      expect(Number(/read=(\d+)/.exec(cost)?.[1])).toBeLessThanOrEqual(rows)
    }
  })

  it('is one round trip to the database', async ({ expect }) => {
    const org = await anOrg()
    for (const path of [SESSIONS, `${SESSIONS}?scope=org`, `${SESSIONS}/${(await aSession(org)).id}`]) {
      const answer = await apiWith({ DEBUG_COST: 'true' }, bearer(org.token)).get(path)
      expect([path, answer.headers.get('x-aurora-cost')]).toEqual([path, expect.stringMatching(/^d1=1;/)])
    }
  })
})

describe('GET /chat_api/sessions/:session_id', () => {
  it('answers 304 to who knows it, until it changes', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSession(org, { messages: [said('One')] })
    const first = await org.get(`${SESSIONS}/${id}`)
    const etag = first.headers.get('etag') ?? ''
    expect(chatSession.parse(first.body)).toMatchObject({ pending_turn: null, last_seq: 0, is_own: true })
    expect(etag).toBe(`"${first.body.updated_at}"`)
    const again = await org.get(`${SESSIONS}/${id}`, { 'if-none-match': `"x", ${etag}` })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    await org.put(`${SESSIONS}/${id}`, { title: 'Another' })
    const changed = await org.get(`${SESSIONS}/${id}`, { 'if-none-match': etag })
    expect([changed.status, changed.body.title]).toEqual([200, 'Another'])
  })

  it('of an investigation is open to every member of the organisation', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId)
    const viewer = await org.member('viewer')
    expect((await viewer.get(`${SESSIONS}/${id}`)).body).toMatchObject({ id, is_own: false })
    expect((await viewer.get(`${SESSIONS}/${id}/status`)).status).toBe(200)
    expect((await viewer.get(`${SESSIONS}/${id}/messages`)).status).toBe(200)
    expect((await (await anOrg()).get(`${SESSIONS}/${id}`)).status).toBe(404)
  })

  it.for(['GET', 'PUT', 'DELETE'])(
    '%s is 404 for all that is not there for the caller',
    async (method, { expect }) => {
      const org = await anOrg()
      const ids = [
        await seedSession(org.orgId, { userId: newId() }),
        await seedSession(await seedOrganization(), { userId: org.userId }),
        await seedSession(org.orgId, { userId: org.userId, isActive: false }),
        newId(),
        '42',
        ...(method === 'GET'
          ? [await seedSession(org.orgId, { status: 'cancelled' })]
          : [await seedSession(org.orgId)]),
      ]
      for (const id of ids) {
        const { status, body } = await org.call(method, `${SESSIONS}/${id}`)
        expect([status, body.error, body.code]).toEqual([404, 'Chat session not found', 'not_found'])
      }
    },
  )

  it('shows an open confirmation, but not one that was answered or has run out', async ({ expect }) => {
    const org = await anOrg()
    const pending = (more: object) => ({
      confirmation_id: 'c1',
      tool_name: 'restart_service',
      message: 'Restart?',
      options: [],
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2999-01-01T00:00:00.000Z',
      ...more,
    })
    const open = await seedSession(org.orgId, { userId: org.userId, pendingTurn: pending({}) })
    const over = await seedSession(org.orgId, {
      userId: org.userId,
      pendingTurn: pending({ expires_at: '2020-01-01T00:00:00.000Z' }),
    })
    expect((await org.get(`${SESSIONS}/${open}`)).body.pending_turn).toEqual(pending({}))
    expect((await org.get(`${SESSIONS}/${over}`)).body.pending_turn).toBeNull()
    const answer = { confirmation_id: 'c1', decision: 'execute' }
    const [one, two] = await Promise.all([
      org.post(`${SESSIONS}/${open}/confirm`, answer),
      org.post(`${SESSIONS}/${open}/confirm`, answer),
    ])
    expect(new Set([one.status, two.status])).toEqual(new Set([200, 404]))
    expect((one.status === 200 ? one : two).body).toEqual({ session_id: open, ...answer })
    expect((await org.get(`${SESSIONS}/${open}`)).body.pending_turn).toBeNull()
    expect((await org.post(`${SESSIONS}/${over}/confirm`, answer)).body.error).toBe('Confirmation not found')
  })
})

describe('POST /chat_api/sessions/:session_id/confirm', () => {
  it('refuses unknown ids, other decisions and viewers', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSession(org)
    const confirm = (body: unknown, at = id) => org.post(`${SESSIONS}/${at}/confirm`, body)
    const unknown = await confirm({ confirmation_id: newId(), decision: 'cancel' })
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Confirmation not found'])
    expect((await confirm({ confirmation_id: 'x', decision: 'cancel' }, '42')).body.error).toBe(
      'Confirmation not found',
    )
    const other = await confirm({ confirmation_id: 'x', decision: 'maybe' })
    expect([other.status, other.body.error]).toEqual([
      400,
      'Invalid decision. Must be one of: execute, cancel',
    ])
    const viewer = await org.member('viewer')
    const refused = await viewer.post(`${SESSIONS}/${(await aSession(viewer)).id}/confirm`, {
      confirmation_id: 'x',
      decision: 'cancel',
    })
    expect([refused.status, refused.body.error]).toEqual([403, 'Forbidden'])
  })
})

describe('PUT /chat_api/sessions/:session_id', () => {
  it('changes what is sent, keeps the rest, and always moves the time', async ({ expect }) => {
    const org = await anOrg()
    const created = await aSession(org, { messages: [said('One')], ui_state: { a: 1 } })
    const path = `${SESSIONS}/${created.id}`
    const retitled = (await org.put(path, { title: ' Mine ', messages: null })).body
    expect(chatSession.parse(retitled)).toMatchObject({ title: 'Mine', ui_state: { a: 1 } })
    expect(retitled.messages).toHaveLength(1)
    const untouched = (await org.put(path, {})).body
    expect(untouched.updated_at > retitled.updated_at).toBe(true)
    expect(retitled.updated_at > created.updated_at).toBe(true)
    const replaced = (await org.put(path, { messages: [said('A'), said('B', 'bot')], ui_state: {} })).body
    expect(replaced).toMatchObject({ title: 'Mine', ui_state: {} })
    expect(replaced.messages.map(({ text, message_number }: never) => [message_number, text])).toEqual([
      [1, 'A'],
      [2, 'B'],
    ])
    expect((await org.get(`${path}/status`)).body.message_count).toBe(2)
    expect((await org.put(path, { messages: [] })).body.messages).toEqual([])
  })

  it('names a session without a name after the first message', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSession(org)
    expect((await org.put(`${SESSIONS}/${id}`, { ui_state: { a: 1 } })).body.title).toBe('New Chat')
    expect((await org.put(`${SESSIONS}/${id}`, { messages: [said('Why?')] })).body.title).toBe('Why?')
    expect((await org.put(`${SESSIONS}/${id}`, { messages: [said('How?')] })).body.title).toBe('Why?')
  })

  it.for([
    ['Invalid title', { title: '' }],
    ['Invalid title', { title: 'x'.repeat(256) }],
    ['Invalid messages', { messages: 'x' }],
    ['Invalid ui_state', { ui_state: 1 }],
  ] as const)('refuses with `%s`', async ([error, body], { expect }) => {
    const org = await anOrg()
    const answer = await org.put(`${SESSIONS}/${(await aSession(org)).id}`, body)
    expect([answer.status, answer.body.error]).toEqual([400, error])
  })

  it('refuses a completed session, whatever the field', async ({ expect }) => {
    const org = await anOrg()
    for (const status of ['completed', 'cancelled'] as const) {
      const id = await seedSession(org.orgId, { userId: org.userId, status })
      const refused = await org.put(`${SESSIONS}/${id}`, { ui_state: {} })
      expect([refused.status, refused.body.error, refused.body.code]).toEqual([
        403,
        'Cannot update a cancelled or completed session',
        'session_closed',
      ])
    }
  })

  it('during a run changes the title, but not the messages', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId, status: 'in_progress' })
    const refused = await org.put(`${SESSIONS}/${id}`, { messages: [] })
    expect([refused.status, refused.body.error, refused.body.code]).toEqual([
      409,
      'Session is already processing',
      'session_busy',
    ])
    expect((await org.put(`${SESSIONS}/${id}`, { title: 'Mine' })).body.title).toBe('Mine')
  })

  it('with `If-Match` refuses who does not know the newest version', async ({ expect }) => {
    const org = await anOrg()
    const { id, updated_at } = await aSession(org)
    const put = (body: unknown, tag: string) => org.put(`${SESSIONS}/${id}`, body, { 'if-match': tag })
    const first = await put({ title: 'One' }, `"${updated_at}"`)
    expect(first.status).toBe(200)
    const stale = await put({ title: 'Two' }, `"${updated_at}"`)
    expect([stale.status, stale.body.error, stale.body.code]).toEqual([
      409,
      'Session was changed by another writer',
      'version_conflict',
    ])
    expect((await put({ title: 'Two' }, first.headers.get('etag') ?? '')).body.title).toBe('Two')
  })

  it('of two racing changes that know the same version lets exactly one win', async ({ expect }) => {
    const org = await anOrg()
    for (let round = 0; round < 5; round++) {
      const { id, updated_at } = await aSession(org)
      const answers = await Promise.all(
        ['A', 'B', 'C'].map((text) =>
          unlimited(org.token).put(
            `${SESSIONS}/${id}`,
            { messages: [said(text), said(text)] },
            { 'if-match': `"${updated_at}"` },
          ),
        ),
      )
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(2)
      const winner = answers.find(({ status }) => status === 200)
      const { messages } = (await org.get(`${SESSIONS}/${id}`)).body
      expect(messages).toEqual(winner?.body.messages)
    }
  })
})

describe('DELETE /chat_api/sessions', () => {
  it('deletes a session once, and then nothing can be done with it', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSession(org, { messages: [said('One')] })
    const path = `${SESSIONS}/${id}`
    expect(await org.delete(path)).toMatchObject({
      status: 200,
      body: { message: 'Chat session deleted successfully' },
    })
    for (const answer of [
      await org.delete(path),
      await org.get(path),
      await org.put(path, {}),
      await org.get(`${path}/status`),
      await org.get(`${path}/messages`),
      await org.post(`${path}/messages`, { message: 'Still there?' }),
      await org.post(`${path}/cancel`),
      await org.get(`${path}/stream`),
    ])
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
    expect((await org.get(SESSIONS)).body.sessions).toEqual([])
  })

  it('in bulk spares the current one, and those of others', async ({ expect }) => {
    const org = await anOrg()
    const colleague = await org.member('editor')
    const theirs = await aSession(colleague)
    const shared = await seedSession(org.orgId)
    const kept = await aSession(org)
    for (let n = 0; n < 3; n++) await aSession(org)
    const bulk = `${SESSIONS}/bulk-delete`
    expect((await org.delete(`${bulk}?current_session_id=${kept.id.toUpperCase()}`)).body).toEqual({
      message: 'Successfully deleted 3 chat sessions (preserved current session)',
    })
    expect((await org.get(SESSIONS)).body.sessions.map(({ id }: never) => id)).toEqual([kept.id])
    expect((await org.delete(`${bulk}?current_session_id=nonsense`)).body.message).toBe(
      'Successfully deleted 1 chat sessions (preserved current session)',
    )
    expect((await org.delete(bulk)).body.message).toBe('Successfully deleted 0 chat sessions')
    expect((await colleague.get(`${SESSIONS}/${theirs.id}`)).status).toBe(200)
    expect((await org.get(`${SESSIONS}/${shared}`)).status).toBe(200)
  })

  it('leaves one trace in the audit log, and none for what was not there', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSession(org)
    await Promise.all([org.delete(`${SESSIONS}/${id}`), org.delete(`${SESSIONS}/${id}`)])
    const { results } = await env.DB.prepare(
      "SELECT actor, subject FROM audit_log WHERE org_id = ? AND event = 'chat_session.delete'",
    )
      .bind(org.orgId)
      .all()
    expect(results).toEqual([{ actor: org.userId, subject: id }])
  })
})

describe('a thread about an incident', () => {
  it('is found by its questions and its incident', async ({ expect }) => {
    const org = await anOrg()
    const incidentId = await seedIncident(org.orgId)
    const asked = await org.post(`/api/incidents/${incidentId}/chat`, { question: 'What happened?' })
    expect(asked.status).toBe(202)
    const session = await settled(org, asked.body.session_id)
    expect(session).toMatchObject({ status: 'completed', incident_id: incidentId })
    expect(session.messages[0]).toMatchObject({ sender: 'user', text: 'What happened?' })
    expect((await org.get(SESSIONS)).body.sessions[0]).toMatchObject({
      title: 'Incident: What happened?',
      incident_id: incidentId,
      message_count: 2,
    })
  })
})
