import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { chatMessages, incidents, runs } from '../../drizzle/schema'
import { messageAccepted, messageList } from '../../src/http/answers/chat-sessions'
import { newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { readStream } from '../support/reader'
import { UNLIMITED } from '../support/routes'
import { seedIncident, seedOrganization, seedSession } from '../support/seed'

const SESSIONS = '/chat_api/sessions'

type Client = Pick<Org, 'get' | 'post'>

const aSession = async (org: Client): Promise<string> => (await org.post(SESSIONS)).body.id

const post = (org: Client, id: string, message: unknown = 'What is open?', more: object = {}) =>
  org.post(`${SESSIONS}/${id}/messages`, { message, ...more })

const settled = (org: Client, id: string) =>
  vi.waitUntil(
    async () => {
      const { body } = await org.get(`${SESSIONS}/${id}`)
      return body.status === 'in_progress' ? null : body
    },
    { timeout: 10_000, interval: 10 },
  )

/** A question and its answer. */
async function askFreely(org: Client, question: string): Promise<string> {
  const id = await aSession(org)
  await post(org, id, question)
  return (await settled(org, id)).messages[1].text
}

/** A session whose run nobody carries out: its room was never told. */
async function aBusySession(
  org: Pick<Org, 'orgId' | 'userId'>,
  more: {
    readonly via?: 'socket' | 'http'
    readonly incidentId?: string
    readonly investigation?: true
  } = {},
) {
  const runId = newId()
  const sessionId = await seedSession(org.orgId, {
    userId: more.investigation === true ? null : org.userId,
    status: 'in_progress',
    priorStatus: 'failed',
    activeRunId: runId,
    messageCount: 2,
    incidentId: more.incidentId ?? null,
  })
  const db = openTenant(env.DB, org.orgId)
  const message = { sessionId, createdAt: 1, runId }
  await db.commit([
    db.insert(runs, {
      id: runId,
      kind: more.investigation === true ? 'investigation' : 'chat',
      incidentId: more.incidentId ?? null,
      sessionId,
      trigger: 'question',
      state: 'running',
      leaseOwner: 'nobody',
      leaseExpiresAt: Date.now() + 60_000,
      checkpoint: { messageNumber: 1, via: more.via ?? 'http' },
    }),
    db.insert(chatMessages, { ...message, messageNumber: 1, sender: 'user', text: 'Why?' }),
    db.insert(chatMessages, {
      ...message,
      messageNumber: 2,
      sender: 'assistant',
      text: 'Because',
      isCompleted: false,
    }),
  ])
  return { sessionId, runId }
}

const runState = async (orgId: string, id: string) => {
  const [run] = await openTenant(env.DB, orgId).select(runs)
  return [run?.id === id, run?.state, run?.errorCode, run?.leaseEpoch]
}

describe('POST /chat_api/sessions/:session_id/messages', () => {
  it('stores the question, answers at once and goes on in the background', async ({ expect }) => {
    const org = await anOrg()
    const id = await aSession(org)
    const { status, body } = await post(org, id, ' What is open? ')
    expect(status).toBe(202)
    expect(messageAccepted.parse(body)).toMatchObject({ session_id: id, seq: 0, status: 'in_progress' })
    const session = await settled(org, id)
    expect(session).toMatchObject({ status: 'completed', title: 'What is open?' })
    expect(session.messages).toMatchObject([
      { message_number: 1, sender: 'user', text: ' What is open? ', run_id: body.run_id },
      { message_number: 2, sender: 'assistant', text: 'No incident is open.', isCompleted: true },
    ])
    expect((await post(org, id, 'Thanks!')).body.seq).toBe(2)
    expect((await settled(org, id)).messages).toHaveLength(4)
  })

  it.for([
    ['invalid mode', { message: 'x', mode: 'write' }],
    ['invalid mode', { mode: 5 }],
    ['message is required', {}],
    ['message is required', { message: 7 }],
    ['message is required', { message: ' \n ' }],
    ['message is required', { message: 'a\u0000' }],
    ['message too long (max 8000 chars)', { message: 'x'.repeat(8001) }],
  ] as const)('refuses with `%s`', async ([error, body], { expect }) => {
    const org = await anOrg()
    const answer = await org.post(`${SESSIONS}/${await aSession(org)}/messages`, body)
    expect([answer.status, answer.body.error, answer.body.code]).toEqual([400, error, 'validation_failed'])
  })

  it('takes the longest message and every mode that reads', async ({ expect }) => {
    const org = await anOrg()
    for (const mode of ['chat', 'rca', 'ask', 'agent', null])
      expect((await post(org, await aSession(org), '😀'.repeat(8000), { mode })).status).toBe(202)
  })

  it('lets a viewer ask, but not act', async ({ expect }) => {
    const viewer = await (await anOrg()).member('viewer')
    const id = await aSession(viewer)
    const refused = await post(viewer, id, 'Restart it', { mode: 'agent' })
    expect([refused.status, refused.body.error]).toEqual([403, 'Forbidden'])
    expect((await post(viewer, id)).status).toBe(202)
  })

  it('of two racing questions takes exactly one, and loses no message', async ({ expect }) => {
    const org = await anOrg()
    const racer = apiWith(UNLIMITED, bearer(org.token))
    for (let round = 0; round < 5; round++) {
      const id = await aSession(racer)
      const answers = await Promise.all(['A', 'B', 'C'].map((text) => post(racer, id, text)))
      const [won, ...lost] = answers.toSorted((a, b) => a.status - b.status)
      expect(won?.status).toBe(202)
      for (const { status, body } of lost)
        expect([status, body.error, body.code]).toEqual([
          409,
          'Session is already processing',
          'session_busy',
        ])
      const { messages } = await settled(racer, id)
      expect(messages.map(({ message_number }: never) => message_number)).toEqual([1, 2])
      expect(messages[0].run_id).toBe(won?.body.run_id)
    }
  })

  it('is 404 for a session that is not the caller’s, and 409 for one that a merge closed', async ({
    expect,
  }) => {
    const org = await anOrg()
    for (const id of [
      await seedSession(org.orgId, { userId: newId() }),
      await seedSession(await seedOrganization(), { userId: org.userId }),
      await seedSession(org.orgId, { userId: org.userId, isActive: false }),
      newId(),
      'x',
    ]) {
      const refused = await post(org, id)
      expect([refused.status, refused.body.error, refused.body.code]).toEqual([
        404,
        'session not found',
        'not_found',
      ])
    }
    const closed = await post(org, await seedSession(org.orgId, { status: 'cancelled' }))
    expect([closed.status, closed.body.error, closed.body.code]).toEqual([
      409,
      'session is cancelled',
      'conflict',
    ])
  })

  it('into an investigation is for editors', async ({ expect }) => {
    const org = await anOrg()
    const incidentId = await seedIncident(org.orgId)
    const id = await seedSession(org.orgId, { incidentId })
    const [viewer, editor] = [await org.member('viewer'), await org.member('editor')]
    expect((await post(viewer, id)).status).toBe(403)
    expect((await post(editor, id, 'What happened?')).status).toBe(202)
    expect((await settled(editor, id)).status).toBe('completed')
  })
})

describe('GET /chat_api/sessions/:session_id/messages', () => {
  it('shows what is new, and what the latest answer cites', async ({ expect }) => {
    const org = await anOrg()
    const { id } = (
      await org.post(SESSIONS, {
        messages: [
          { sender: 'user', text: '1' },
          { sender: 'bot', text: '2', citations: [{ key: '1' }] },
          { sender: 'user', text: '3' },
        ],
      })
    ).body
    const read = async (query = '') => {
      const { body } = await org.get(`${SESSIONS}/${id}/messages${query}`)
      return [body.seq, body.messages.map(({ text }: { text: string }) => text).join('')]
    }
    const whole = await org.get(`${SESSIONS}/${id}/messages`)
    expect(messageList.parse(whole.body)).toMatchObject({
      session_id: id,
      status: 'active',
      citations: [{ key: '1' }],
    })
    expect(await read()).toEqual([3, '123'])
    expect(await read('?after=1')).toEqual([3, '23'])
    expect(await read('?after=1&limit=1')).toEqual([3, '2'])
    expect(await read('?after=3')).toEqual([3, ''])
    for (const nonsense of ['-1', 'x', '', '1.5', '99999999999999'])
      expect(await read(`?after=${nonsense}`)).toEqual([3, '123'])
    expect((await org.get(`${SESSIONS}/${id}/messages?limit=0`)).status).toBe(400)
    expect((await org.get(`${SESSIONS}/${newId()}/messages`)).body.error).toBe('session not found')
  })
})

describe('POST /chat_api/sessions/:session_id/cancel', () => {
  it('of an idle session changes nothing', async ({ expect }) => {
    const org = await anOrg()
    const id = await aSession(org)
    const before = (await org.get(`${SESSIONS}/${id}`)).body
    const answer = await org.post(`${SESSIONS}/${id}/cancel`)
    expect([answer.status, answer.body]).toEqual([202, { session_id: id, status: 'idle' }])
    expect((await org.get(`${SESSIONS}/${id}`)).body).toEqual(before)
    expect((await org.post(`${SESSIONS}/${newId()}/cancel`)).body.error).toBe('Chat session not found')
  })

  it('ends the run, keeps its text and tells everybody once', async ({ expect }) => {
    const org = await anOrg()
    const { sessionId, runId } = await aBusySession(org)
    const stream = readStream(await org.fetch(`${SESSIONS}/${sessionId}/stream?after=0`))
    const answers = await Promise.all([1, 2].map(() => org.post(`${SESSIONS}/${sessionId}/cancel`)))
    expect(new Set(answers.map(({ body }) => body.status))).toEqual(new Set(['cancelled', 'idle']))
    expect(await runState(org.orgId, runId)).toEqual([true, 'cancelled', 'cancelled_by_user', 1])
    const [end] = await stream.events(1)
    expect(end?.data).toMatchObject({
      type: 'status',
      run_id: runId,
      seq: 1,
      isComplete: true,
      data: { status: 'END', outcome: 'cancelled' },
    })
    const session = (await org.get(`${SESSIONS}/${sessionId}`)).body
    expect(session.status).toBe('completed')
    expect(session.messages[1]).toMatchObject({ text: 'Because', isCompleted: true })
    await vi.waitUntil(async () => (await org.get(`${SESSIONS}/${sessionId}`)).body.last_seq === 1)
    expect((await post(org, sessionId, 'And now?')).status).toBe(202)
    const more = (await stream.events(1))[0]
    expect(more?.data).toMatchObject({ seq: 2, data: { status: 'ACCEPTED', message_number: 3 } })
    await stream.close()
  })

  it('gives a session that was asked over a socket its status back', async ({ expect }) => {
    const org = await anOrg()
    const { sessionId } = await aBusySession(org, { via: 'socket' })
    await org.post(`${SESSIONS}/${sessionId}/cancel`)
    expect((await org.get(`${SESSIONS}/${sessionId}/status`)).body.status).toBe('failed')
  })

  it('of an investigation is for editors, and the incident goes back to what it showed', async ({
    expect,
  }) => {
    const org = await anOrg()
    const incidentId = await seedIncident(org.orgId)
    const db = openTenant(env.DB, org.orgId)
    await db.update(incidents, { auroraStatus: 'running' }, undefined)
    const { sessionId } = await aBusySession(org, { incidentId, investigation: true })
    const viewer = await org.member('viewer')
    expect((await viewer.post(`${SESSIONS}/${sessionId}/cancel`)).status).toBe(403)
    const editor = await org.member('editor')
    expect((await editor.post(`${SESSIONS}/${sessionId}/cancel`)).body.status).toBe('cancelled')
    const { body } = await org.get(`/api/incidents/${incidentId}`)
    expect(body.incident.auroraStatus).toBe('idle')
    const { results } = await env.DB.prepare(
      "SELECT actor FROM lifecycle_events WHERE incident_id = ? AND event = 'rca_cancelled'",
    )
      .bind(incidentId)
      .all()
    expect(results).toEqual([{ actor: editor.userId }])
  })

  it('comes before a deletion', async ({ expect }) => {
    const org = await anOrg()
    const { sessionId, runId } = await aBusySession(org)
    expect((await org.delete(`${SESSIONS}/${sessionId}`)).status).toBe(200)
    expect(await runState(org.orgId, runId)).toEqual([true, 'cancelled', 'cancelled_by_user', 1])
    const colleague = await org.member('viewer')
    const other = await aBusySession(colleague.userId === '' ? org : { ...org, userId: colleague.userId })
    expect((await org.delete(`${SESSIONS}/bulk-delete`)).body.message).toBe(
      'Successfully deleted 0 chat sessions',
    )
    expect((await colleague.get(`${SESSIONS}/${other.sessionId}/status`)).body.status).toBe('in_progress')
    expect((await colleague.delete(`${SESSIONS}/bulk-delete`)).status).toBe(200)
    const { results } = await env.DB.prepare('SELECT state FROM runs WHERE id = ?').bind(other.runId).all()
    expect(results).toEqual([{ state: 'cancelled' }])
  })
})

describe('a question that races with the deletion of its session', () => {
  it('leaves no run behind that nobody can see', async ({ expect }) => {
    const org = await anOrg()
    const racer = apiWith(UNLIMITED, bearer(org.token))
    for (let round = 0; round < 6; round++) {
      const id = await aSession(racer)
      const [asked, deleted] = await Promise.all([post(racer, id), racer.delete(`${SESSIONS}/${id}`)])
      expect(deleted.status).toBe(200)
      expect([202, 404, 409]).toContain(asked.status)
      const { results } = await env.DB.prepare(
        "SELECT s.status, s.active_run_id, (SELECT count(*) FROM runs r WHERE r.session_id = s.id AND r.state IN ('queued', 'leased', 'running')) AS open FROM chat_sessions s WHERE s.id = ?",
      )
        .bind(id)
        .all()
      expect(results).toMatchObject([{ active_run_id: null, open: 0 }])
      expect(results[0]?.['status']).not.toBe('in_progress')
    }
  })
})

describe('a session about no incident', () => {
  it('knows what is open, what was newest and how one of them stands', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    const id = await seedIncident(org.orgId)
    const link = `[Checkout is slow](/incidents/${id})`
    for (const question of [
      'What is open?',
      'critical or high incidents',
      'list incidents',
      'status of checkout',
      `How does ${id} stand?`,
    ])
      expect([question, await askFreely(client, question)]).toEqual([question, expect.stringContaining(link)])
  })

  it('shows nothing of another organisation', async ({ expect }) => {
    const id = await seedIncident((await anOrg()).orgId)
    const org = await anOrg()
    expect(await askFreely(org, 'What is open?')).toBe('No incident is open.')
    expect(await askFreely(org, `status of ${id}`)).toBe('Your organisation has no incident with this id.')
    expect(await askFreely(org, 'status of checkout')).toContain('I find no incident')
  })

  it('greets, says what it can do, and admits what it cannot', async ({ expect }) => {
    const org = await anOrg()
    expect(await askFreely(org, 'Hello!')).toMatch(/^Hello\. No incident is open\./)
    expect(await askFreely(org, 'What can you do?')).toContain('I can answer:')
    expect(await askFreely(org, 'Write me a poem about pods')).toContain('without a language model')
  })
})
