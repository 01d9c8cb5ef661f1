import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { chatMessages, runs } from '../../drizzle/schema'
import { app } from '../../src/app'
import { newId } from '../../src/lib/ids'
import { gateName } from '../../src/lib/limits'
import { issueSession, issueTicket } from '../../src/lib/session-token'
import { openTenant } from '../../src/store/tenant-db'
import { api, apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { readStream } from '../support/reader'
import { seedIncident, seedSession } from '../support/seed'
import { openSocket, type Socket } from '../support/socket'

const SESSIONS = '/chat_api/sessions'

const ask = (query: unknown, more: object = {}) => ({ type: 'message', query, ...more })

/** Asks in a new session and waits for the end; answers its id. */
async function askAndWait(socket: Socket, query = 'What is open?', more: object = {}): Promise<string> {
  socket.clear()
  socket.send(ask(query, more))
  const accepted = await socket.status('ACCEPTED')
  await socket.status('END')
  return accepted.session_id
}

const ticketOf = async (org: Pick<Org, 'userId' | 'orgId'>, sid: string | null = newId()) =>
  (await issueTicket(env, { userId: org.userId, orgId: org.orgId, sid }, Date.now())).token

const newIdText = newId()

describe('connecting', () => {
  it('says START, and READY to an init', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    expect(await socket.status('START')).toEqual({ type: 'status', data: { status: 'START' } })
    socket.send({ type: 'init', user_id: org.userId })
    expect(await socket.status('READY')).toEqual({ type: 'status', data: { status: 'READY' } })
    socket.send('{"type":"ping"}')
    expect(await socket.frame('pong')).toEqual({ type: 'pong' })
    socket.send('{ "type": "ping" }')
    await vi.waitUntil(() => socket.texts.filter((text) => text === '{"type":"pong"}').length === 2)
  })

  it('is 426 for a plain request, and the root is an alias', async ({ expect }) => {
    const plain = await api().get('/ws')
    expect([plain.status, plain.body.error, plain.body.code]).toEqual([
      426,
      'Upgrade required',
      'upgrade_required',
    ])
    expect((await api().get('/')).status).toBe(404)
    expect((await api().post('/')).status).toBe(404)
    const org = await anOrg()
    expect(await (await openSocket(org, '/')).status('START')).toBeTruthy()
  })

  it('without a valid credential says so over the socket and closes with 1008', async ({ expect }) => {
    const org = await anOrg()
    const used = await ticketOf(org)
    expect(await (await openSocket(api(), `/ws?token=${used}`)).status('START')).toBeTruthy()
    const gone = await ticketOf({ userId: newId(), orgId: org.orgId })
    const foreign = await ticketOf({ userId: org.userId, orgId: newId() })
    for (const [path, headers] of [
      ['/ws', {}],
      ['/', {}],
      ['/ws', bearer('nonsense')],
      ['/ws', { 'x-user-id': org.userId }],
      ['/ws?token=nonsense', {}],
      [`/ws?token=${org.token}`, {}],
      [`/ws?token=${used}`, {}],
      [`/ws?token=${gone}`, {}],
      [`/ws?token=${foreign}`, {}],
    ] as const) {
      const socket = await openSocket(api(), path, { ...headers })
      expect(await socket.closedWith()).toBe(1008)
      expect(socket.frames).toMatchObject([{ type: 'error', data: { code: 'unauthenticated' } }])
      expect(socket.frames[0].data.request_id).toBeTruthy()
    }
  })

  it('takes a cookie from pages it knows, and refuses it from others', async ({ expect }) => {
    const org = await anOrg()
    const cookie = `session_token=${org.token}`
    const page = apiWith({ FRONTEND_URL: 'https://app.example' })
    const known = await openSocket(page, '/ws', { cookie, origin: 'https://app.example' })
    expect(await known.status('START')).toBeTruthy()
    const refused = await page.fetch('/ws', {
      headers: { upgrade: 'websocket', cookie, origin: 'https://evil.example' },
    })
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      error: 'Cross-site request refused',
      code: 'origin_not_allowed',
    })
    const ticket = await openSocket(page, `/ws?token=${await ticketOf(org)}`, {
      cookie,
      origin: 'https://other.example',
    })
    expect(await ticket.status('START')).toBeTruthy()
  })

  it('takes service headers, and tickets that a frontend signed', async ({ expect }) => {
    const org = await anOrg()
    const server = apiWith({ INTERNAL_API_SECRET: 'between servers only, never in a page' })
    const socket = await openSocket(server, '/ws', {
      'x-internal-secret': 'between servers only, never in a page',
      'x-user-id': org.userId,
    })
    expect(await socket.status('START')).toBeTruthy()
    const { token } = await issueTicket(
      { JWT_SECRET: 'between servers only, never in a pageaurora:ws-token-signing' },
      { userId: org.userId, orgId: org.orgId, sid: null },
      Date.now(),
    )
    expect(await (await openSocket(server, `/ws?token=${token}`)).status('START')).toBeTruthy()
  })

  it('in local development may name its user in the first frame', async ({ expect }) => {
    const org = await anOrg()
    const at = {
      fetch: (path: string, init: RequestInit = {}) =>
        app.fetch(
          new Request(`http://localhost${path}`, init),
          { ...env, TRUST_USER_ID_HEADER: 'true' },
          createExecutionContext(),
        ),
    }
    const socket = await openSocket(at)
    expect(await socket.status('START')).toBeTruthy()
    socket.send({ type: 'init', user_id: org.userId })
    await socket.status('READY')
    expect(socket.frames).toHaveLength(2)
    await askAndWait(socket)
    const nobody = await openSocket(at)
    nobody.send(ask('Hello'))
    expect(await nobody.closedWith()).toBe(1008)
    const stranger = await openSocket(at)
    stranger.send({ type: 'init', user_id: newId() })
    expect(await stranger.closedWith()).toBe(1008)
  })

  it('counts as one request, and a limited user is told so', async ({ expect }) => {
    const org = await anOrg()
    const tight = apiWith({ RATE_LIMIT_DEFAULT_PER_MINUTE: '1' }, bearer(org.token))
    await openSocket(tight)
    const second = await openSocket(tight)
    expect(await second.frame('error')).toMatchObject({ data: { code: 'rate_limited' } })
    expect(await second.closedWith()).toBe(1008)
  })
})

describe('a question', () => {
  it('without a session opens one; its frames are numbered, named and complete', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    const id = await askAndWait(socket, 'What is open?', { ui_state: { tab: 1 }, model: 'some/model' })
    const frames = socket.numbered()
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
    for (const frame of frames) {
      expect(frame).toMatchObject({ session_id: id, data: { session_id: id } })
      expect(frame.run_id).toBe(frames[0].run_id)
    }
    expect(frames[0].data).toEqual({ status: 'ACCEPTED', message_number: 1, session_id: id })
    expect(frames.at(-1)).toMatchObject({ isComplete: true, data: { status: 'END', outcome: 'completed' } })
    const text = frames.flatMap(({ type, data }) => (type === 'message' ? [data.text] : [])).join('')
    const session = (await org.get(`${SESSIONS}/${id}`)).body
    expect(session).toMatchObject({
      title: 'What is open?',
      status: 'active',
      ui_state: { selectedMode: 'agent', selectedModel: 'some/model', tab: 1 },
      last_seq: frames.length,
    })
    expect(session.messages.map(({ text: said }: { text: string }) => said)).toEqual(['What is open?', text])
  })

  it('leaves a session in the status it had', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId, status: 'failed', uiState: { a: 1 } })
    const socket = await openSocket(org)
    expect(await askAndWait(socket, 'Hello', { session_id: id })).toBe(id)
    expect((await org.get(`${SESSIONS}/${id}`)).body).toMatchObject({ status: 'failed', ui_state: { a: 1 } })
    expect(await askAndWait(socket, 'Hello', { session_id: id })).toBe(id)
    expect((await org.get(`${SESSIONS}/${id}`)).body.messages).toHaveLength(4)
  })

  it('about an incident is answered from its evidence', async ({ expect }) => {
    const org = await anOrg()
    const incidentId = await seedIncident(org.orgId)
    const id = await seedSession(org.orgId, { userId: org.userId, incidentId })
    const socket = await openSocket(org)
    await askAndWait(socket, 'What happened?', { session_id: id })
    const { body } = await org.get(`${SESSIONS}/${id}`)
    expect(body.messages[1]).toMatchObject({ sender: 'assistant', isCompleted: true })
  })

  it('that is repeated under its id is answered with the first ACCEPTED, and stored once', async ({
    expect,
  }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    const question = { client_message_id: 'm-1' }
    const id = await askAndWait(socket, 'Hello', question)
    const first = socket.texts.find((text) => text.includes('ACCEPTED'))
    socket.clear()
    socket.send(ask('Hello', question))
    await socket.count(1)
    expect(socket.texts).toEqual([first])
    const other = await openSocket(org)
    other.send(ask('Hello', { ...question, session_id: id }))
    await other.status('END')
    expect(other.texts[1]).toBe(first)
    expect((await org.get(`${SESSIONS}/${id}`)).body.messages).toHaveLength(2)
    expect((await org.get(SESSIONS)).body.sessions).toHaveLength(1)
  })

  it('of a viewer is read-only', async ({ expect }) => {
    const viewer = await (await anOrg()).member('viewer')
    const socket = await openSocket(viewer)
    const id = await askAndWait(socket)
    expect((await viewer.get(`${SESSIONS}/${id}`)).body.ui_state).toEqual({ selectedMode: 'ask' })
    socket.clear()
    socket.send(ask('Restart it', { session_id: id, mode: 'agent' }))
    const end = await socket.status('END')
    expect(socket.frames[0]).toMatchObject({
      type: 'error',
      session_id: id,
      data: { code: 'READ_ONLY_MODE', session_id: id },
    })
    expect(end).toEqual({
      type: 'status',
      session_id: id,
      isComplete: true,
      data: { status: 'END', outcome: 'refused', session_id: id },
    })
  })

  it('in a foreign, deleted or closed session is refused, and releases the input', async ({ expect }) => {
    const org = await anOrg()
    const stranger = await openSocket(await anOrg())
    const ids = [
      [await seedSession(org.orgId, { userId: org.userId }), 'not_found'],
      [newId(), 'not_found'],
    ]
    for (const [id, code] of ids) {
      stranger.clear()
      stranger.send(ask('Hello', { session_id: id }))
      await stranger.status('END')
      expect(stranger.frames).toMatchObject([
        { type: 'error', session_id: id, data: { code, session_id: id } },
        { session_id: id, data: { outcome: 'refused' } },
      ])
    }
    const viewer = await openSocket(await org.member('viewer'))
    viewer.send(ask('Hello', { session_id: await seedSession(org.orgId) }))
    expect(await viewer.frame('error')).toMatchObject({ data: { code: 'forbidden' } })
    const own = await openSocket(org)
    own.send(ask('Hello', { session_id: await seedSession(org.orgId, { status: 'cancelled' }) }))
    expect(await own.frame('error')).toMatchObject({
      data: { code: 'conflict', text: 'session is cancelled' },
    })
  })

  it('on a session at work is refused without an END', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId, status: 'in_progress' })
    const socket = await openSocket(org)
    socket.send(ask('Hello', { session_id: id }))
    expect(await socket.frame('error')).toMatchObject({ data: { code: 'session_busy' } })
    socket.send({ type: 'init' })
    await socket.status('READY')
    expect(socket.frames.map(({ type }) => type)).toEqual(['status', 'error', 'status'])
  })

  it.for([
    [{ query: '' }],
    [{ query: 5 }],
    [{}],
    [{ query: 'x'.repeat(80_001) }],
    [{ query: 'x', mode: 'write' }],
    [{ query: 'x', ui_state: [] }],
    [{ query: 'x', client_message_id: '' }],
    [{ query: 'x', direct_tool_call: { name: 'ls' } }],
    [{ query: 'x', attachments: [{ filename: 'a', file_type: 'text/html', file_data: 'QUJD' }] }],
    [{ query: 'x', attachments: [{ filename: 'a', file_type: 'image/png', file_data: '<script>' }] }],
    [{ query: 'x', attachments: [{ filename: 'a', file_type: 'image/png', path: '/etc/passwd' }] }],
    [
      {
        query: 'x',
        attachments: [{ filename: 'a', file_type: 'image/png', file_data: 'QUJD', path: '/etc/passwd' }],
      },
    ],
    [
      {
        query: 'x',
        attachments: Array.from({ length: 6 }, () => ({
          filename: 'a',
          file_type: 'image/png',
          file_data: 'QUJD',
        })),
      },
    ],
  ])('is checked: %j', async ([frame], { expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId })
    const socket = await openSocket(org)
    socket.send({ session_id: id, ...frame })
    await socket.status('END')
    expect(socket.frames.slice(1)).toMatchObject([
      { type: 'error', data: { code: 'validation_failed' } },
      { data: { outcome: 'refused' } },
    ])
    expect((await org.get(`${SESSIONS}/${id}/status`)).body).toEqual({ status: 'active', message_count: 0 })
  })

  it('keeps its images, and of other files their names', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    const id = await askAndWait(socket, 'x'.repeat(80_000), {
      provider_preference: ['aws'],
      selected_project_id: 'p1',
      attachments: [
        { filename: 'graph.png', file_type: 'image/png', file_data: 'QUJD' },
        { filename: 'report.pdf', file_type: 'application/pdf', file_data: 'QUJDRA==' },
      ],
    })
    expect((await org.get(`${SESSIONS}/${id}`)).body.messages[0]).toMatchObject({
      images: [
        {
          displayData: 'data:image/png;base64,QUJD',
          type: 'image/png',
          data: 'QUJD',
          name: 'graph.png',
        },
      ],
      attachments: [{ filename: 'report.pdf', file_type: 'application/pdf', size: 4 }],
    })
  })

  it('alone counts against the chat limit', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    for (let n = 0; n < 25; n++) socket.send({ type: 'init' })
    for (let n = 0; n < 21; n++) socket.send(ask(n === 20 ? 'One too many' : '', {}))
    await vi.waitUntil(() => socket.frames.filter(({ type }) => type === 'error').length === 21)
    const codes = socket.frames.filter(({ type }) => type === 'error').map(({ data }) => data.code)
    expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'validation_failed'))
    expect(codes[20]).toBe('rate_limited')
    socket.send({
      type: 'control',
      action: 'cancel',
      session_id: await seedSession(org.orgId, { userId: org.userId }),
    })
    expect(await socket.status('END')).toMatchObject({ data: { outcome: 'cancelled' } })
  })
})

describe('other frames', () => {
  it.for([
    ['{', 'invalid_json'],
    ['[]', 'invalid_json'],
    ['{"type":"dance"}', 'validation_failed'],
    ['{"type":5}', 'validation_failed'],
    ['{"type":"__proto__"}', 'validation_failed'],
    ['{"type":"resume"}', 'validation_failed'],
    ['{"type":"resume","session_id":"x","after_seq":0}', 'validation_failed'],
    [`{"type":"resume","session_id":"${newIdText}","after_seq":-1}`, 'validation_failed'],
    [`{"type":"resume","session_id":"${newIdText}","after_seq":0}`, 'not_found'],
    [`{"type":"control","action":"explode","session_id":"${newIdText}"}`, 'validation_failed'],
    [`{"type":"control","action":"cancel","session_id":"${newIdText}"}`, 'not_found'],
    [
      `{"type":"confirmation_response","confirmation_id":"c","decision":"execute","session_id":"${newIdText}"}`,
      'not_found',
    ],
  ])('%s is answered with an error, and the socket stays open', async ([text, code], { expect }) => {
    const socket = await openSocket(await anOrg())
    socket.send(text)
    expect(await socket.frame('error')).toMatchObject({
      data: { code, text: expect.any(String), request_id: expect.any(String) },
    })
    socket.send({ type: 'init' })
    await socket.status('READY')
    expect(socket.closed()).toBeNull()
  })

  it('that are binary are refused, those of more than ten megabytes close with 1009', async ({ expect }) => {
    const socket = await openSocket(await anOrg())
    socket.socket.send(new Uint8Array([1, 2, 3]))
    expect(await socket.frame('error')).toMatchObject({ data: { code: 'validation_failed' } })
    socket.send(`"${'é'.repeat(5 * 1024 * 1024)}"`)
    expect(await socket.closedWith()).toBe(1009)
  })

  it('that claim another user close with 1008', async ({ expect }) => {
    const socket = await openSocket(await anOrg())
    socket.send({ type: 'init', user_id: newId() })
    expect(await socket.frame('error')).toMatchObject({ data: { code: 'identity_mismatch' } })
    expect(await socket.closedWith()).toBe(1008)
  })

  it('beyond 120 a minute close with 1008, also across a sleep', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    for (let n = 0; n < 120; n++) socket.send({ type: 'init' })
    await socket.count(121)
    await evictDurableObject(env.USER_SOCKET.getByName(org.userId))
    socket.send({ type: 'init' })
    expect(await socket.frame('error')).toMatchObject({ data: { code: 'rate_limited' } })
    expect(await socket.closedWith()).toBe(1008)
  })

  it('answer a confirmation once', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, {
      userId: org.userId,
      pendingTurn: { confirmation_id: 'c1', expires_at: '2999-01-01T00:00:00.000Z' },
    })
    const answer = {
      type: 'confirmation_response',
      confirmation_id: 'c1',
      decision: 'execute',
      session_id: id,
    }
    const viewer = await openSocket(await org.member('viewer'))
    viewer.send(answer)
    expect(await viewer.frame('error')).toMatchObject({ data: { code: 'forbidden' } })
    const socket = await openSocket(org)
    socket.send(answer)
    socket.send(answer)
    expect(await socket.frame('error')).toMatchObject({
      session_id: id,
      data: { code: 'not_found', text: 'Confirmation not found' },
    })
    expect(socket.frames.filter(({ type }) => type === 'error')).toHaveLength(1)
  })
})

describe('resuming', () => {
  it('after any frame tells the same as never having left, on both transports', async ({ expect }) => {
    const org = await anOrg()
    await seedIncident(org.orgId)
    const socket = await openSocket(org)
    const id = await askAndWait(socket)
    await askAndWait(socket, 'list incidents', { session_id: id })
    const first = await openSocket(org)
    first.send({ type: 'resume', session_id: id, after_seq: 0 })
    const last = Math.max(...socket.numbered().map(({ seq }) => seq))
    await first.find(({ seq }) => seq === last)
    const whole = first.texts.slice(2)
    expect(whole).toHaveLength(last)
    for (let cut = 0; cut <= last; cut++) {
      const rest = await openSocket(org)
      rest.send({ type: 'resume', session_id: id, after_seq: cut })
      await rest.count(2 + last - cut)
      expect(rest.frames[1]).toEqual({
        type: 'resumed',
        session_id: id,
        data: { from_seq: cut + 1, last_seq: last, running: false },
      })
      expect(rest.texts.slice(2)).toEqual(whole.slice(cut))
      rest.close()
      const stream = readStream(await org.fetch(`${SESSIONS}/${id}/stream?after_seq=${cut}`))
      const events = await stream.events(last - cut)
      expect(events.map(({ data }) => JSON.stringify(data))).toEqual(whole.slice(cut))
      await stream.close()
    }
  })

  it('cut by a sleep of both objects after every frame of a run misses and repeats nothing', async ({
    expect,
  }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId })
    const [follower, asker] = [await openSocket(org), await openSocket(org)]
    follower.send({ type: 'resume', session_id: id, after_seq: 0 })
    await follower.frame('resumed')
    for (let turn = 0; turn < 4; turn++) {
      await askAndWait(asker, 'Hello', { session_id: id })
      const { last_seq } = (await org.get(`${SESSIONS}/${id}`)).body
      await follower.find(({ seq }) => seq === last_seq)
      await evictDurableObject(env.USER_SOCKET.getByName(org.userId))
      await evictDurableObject(env.ROOM.getByName(id))
    }
    const numbers = follower.numbered().map(({ seq }) => seq)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })

  it('shows ACCEPTED first, also of a run that crashed before it said a word', async ({ expect }) => {
    const org = await anOrg()
    const runId = newId()
    const sessionId = await seedSession(org.orgId, {
      userId: org.userId,
      status: 'in_progress',
      activeRunId: runId,
      messageCount: 1,
    })
    const db = openTenant(env.DB, org.orgId)
    const room = env.ROOM.getByName(sessionId)
    await db.commit([
      db.insert(chatMessages, { sessionId, messageNumber: 1, sender: 'user', text: 'Hello', createdAt: 1 }),
      db.insert(runs, {
        id: runId,
        kind: 'chat',
        sessionId,
        trigger: 'question',
        state: 'leased',
        attempt: 1,
        leaseOwner: String(room.id),
        leaseExpiresAt: Date.now() + 60_000,
        checkpoint: { messageNumber: 1, via: 'http' },
      }),
    ])
    const socket = await openSocket(org)
    socket.send({ type: 'resume', session_id: sessionId, after_seq: 0 })
    await socket.frame('resumed')
    await room.start({ orgId: org.orgId, sessionId, runId, lastSeq: 0 })
    await socket.status('END')
    expect(socket.numbered()[0]).toMatchObject({ data: { status: 'ACCEPTED', message_number: 1 } })
    expect(socket.frames.some(({ data }) => data.status === 'RESTARTED')).toBe(false)
  })

  it('what the room could not deliver is fetched with the next frame', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    const id = await askAndWait(socket)
    const before = socket.numbered().length
    const room = env.ROOM.getByName(id)
    // Frames that reach nobody, as after a lost call.
    await runInDurableObject(room, (_, state) => {
      state.storage.sql.exec('DELETE FROM followers')
    })
    const other = await openSocket(org)
    socket.clear()
    await askAndWait(other, 'Hello', { session_id: id })
    await vi.waitUntil(() => socket.frames.some(({ data }) => data.status === 'END'))
    const numbers = socket.numbered().map(({ seq }) => seq)
    expect(numbers).toEqual(numbers.map((_, index) => before + 1 + index))
  })

  it('after what is gone asks to read the session anew, and goes on from there', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    const id = await askAndWait(socket)
    const { last_seq } = (await org.get(`${SESSIONS}/${id}`)).body
    await runInDurableObject(env.ROOM.getByName(id), async (room, state) => {
      state.storage.sql.exec('UPDATE frame_runs SET ended_at = 1')
      await room.alarm()
    })
    const late = await openSocket(org)
    for (const after_seq of [1, last_seq + 1]) {
      late.clear()
      late.send({ type: 'resume', session_id: id, after_seq })
      expect(await late.frame('resync')).toEqual({ type: 'resync', session_id: id, data: { last_seq } })
    }
    late.send({ type: 'resume', session_id: id, after_seq: last_seq })
    expect(await late.frame('resumed')).toMatchObject({ data: { last_seq, running: false } })
    await askAndWait(socket, 'Hello', { session_id: id })
    expect(await late.status('ACCEPTED')).toMatchObject({ seq: last_seq + 1 })
  })

  it('of an investigation is open to every member, of others’ sessions to nobody', async ({ expect }) => {
    const org = await anOrg()
    const viewer = await org.member('viewer')
    const shared = await seedSession(org.orgId)
    const socket = await openSocket(viewer)
    socket.send({ type: 'resume', session_id: shared, after_seq: 0 })
    expect(await socket.frame('resumed')).toMatchObject({ session_id: shared })
    socket.send({
      type: 'resume',
      session_id: await seedSession(org.orgId, { userId: org.userId }),
      after_seq: 0,
    })
    expect(await socket.frame('error')).toMatchObject({
      data: { code: 'not_found', text: 'Chat session not found' },
    })
    socket.send({ type: 'control', action: 'cancel', session_id: shared })
    await socket.find(({ data }) => data.code === 'forbidden')
  })
})

describe('leaving', () => {
  it('stops no run', async () => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId })
    const socket = await openSocket(org)
    socket.send(ask('Hello', { session_id: id }))
    socket.close()
    await vi.waitUntil(async () => (await org.get(`${SESSIONS}/${id}`)).body.messages.length === 2)
    await vi.waitUntil(() =>
      runInDurableObject(
        env.ROOM.getByName(id),
        (_, state) => state.storage.sql.exec('SELECT * FROM followers').toArray().length === 0,
      ),
    )
  })

  it('lets the object forget everything, and a later socket finds it in order', async ({ expect }) => {
    const org = await anOrg()
    const object = env.USER_SOCKET.getByName(org.userId)
    const socket = await openSocket(org)
    await askAndWait(socket)
    socket.close()
    await vi.waitUntil(() => runInDurableObject(object, (_, state) => state.getWebSockets().length === 0))
    await runDurableObjectAlarm(object)
    await askAndWait(await openSocket(org))
    expect(await runInDurableObject(object, (_, state) => state.storage.getAlarm())).toBeLessThanOrEqual(
      Date.now() + 20_000,
    )
  })

  it('pings while it is open', async () => {
    const org = await anOrg()
    const response = await org.fetch('/ws', { headers: { upgrade: 'websocket' } })
    const texts: unknown[] = []
    response.webSocket?.addEventListener('message', ({ data }) => texts.push(data))
    response.webSocket?.accept()
    await runDurableObjectAlarm(env.USER_SOCKET.getByName(org.userId))
    await vi.waitUntil(() => texts.includes('{"type":"ping"}'))
  })

  it('is forced on who was revoked, whose token ended or who is gone', async ({ expect }) => {
    const org = await anOrg()
    const object = env.USER_SOCKET.getByName(org.userId)
    const now = Date.now()
    const sid = newId(now)
    const { token } = await issueSession(
      env,
      { userId: org.userId, orgId: org.orgId, role: 'admin', sid },
      now,
    )
    const [revoked, kept] = [await openSocket(api(bearer(token))), await openSocket(org)]
    await env.GATE.getByName(gateName.user(org.userId)).revoke({ sid, expiresAt: now + 60_000 })
    await runDurableObjectAlarm(object)
    expect(await revoked.closedWith()).toBe(1008)
    expect(kept.closed()).toBeNull()
    await runInDurableObject(object, (_, state) => {
      for (const socket of state.getWebSockets())
        socket.serializeAttachment({ ...socket.deserializeAttachment(), expiresAt: 1 })
    })
    await runDurableObjectAlarm(object)
    expect(await kept.closedWith()).toBe(1008)

    const member = await org.member('editor')
    const served = await openSocket(
      api(),
      `/ws?token=${await ticketOf({ ...member, orgId: org.orgId }, null)}`,
    )
    await env.DB.prepare("UPDATE users SET role = 'viewer' WHERE id = ?").bind(member.userId).run()
    await runDurableObjectAlarm(env.USER_SOCKET.getByName(member.userId))
    expect(await served.closedWith()).toBe(1008)
  })

  it('refuses a question of a revoked session at once', async ({ expect }) => {
    const org = await anOrg()
    const socket = await openSocket(org)
    await env.GATE.getByName(gateName.user(org.userId)).revokeAll({ at: Date.now() + 1 })
    socket.send(ask('Hello'))
    expect(await socket.frame('error')).toMatchObject({ data: { code: 'session_revoked' } })
    expect(await socket.closedWith()).toBe(1008)
  })
})
