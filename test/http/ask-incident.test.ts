import { env } from 'cloudflare:workers'
import { beforeAll, describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { apiWith } from '../support/api'
import { faultsOf } from '../support/faulty-db'
import { carryOut } from '../support/executor'
import { anOrg, bearer, type Org } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { seedSession } from '../support/seed'
import { aSender, deliver, grafanaBody } from '../support/senders'

let org: Org
let incidentId: string
let client: ReturnType<typeof apiWith>

beforeAll(async () => {
  org = await anOrg()
  client = apiWith(UNLIMITED, bearer(org.token))
  await org.post('/api/changes', {
    service: 'checkout',
    job: 'deploy-checkout',
    build: 1042,
    result: 'success',
  })
  const sender = await aSender(org, 'grafana')
  await deliver(sender.url, grafanaBody('checkout'))
  await vi.waitUntil(
    async () => {
      const { body } = await client.get('/api/incidents')
      incidentId = body.incidents[0]?.id
      return body.incidents[0]?.auroraStatus === 'complete'
    },
    { timeout: 10_000, interval: 50 },
  )
})

const ask = (question: unknown, also: Readonly<Record<string, unknown>> = {}, query = '') =>
  client.post(`/api/incidents/${incidentId}/chat${query}`, { question, ...also })

const answered = async (sessionId: string) => {
  await vi.waitUntil(
    async () => (await client.get(`/chat_api/sessions/${sessionId}`)).body.status !== 'in_progress',
    { timeout: 10_000, interval: 30 },
  )
  return (await client.get(`/chat_api/sessions/${sessionId}`)).body
}

describe('a question about an incident', () => {
  it('is answered with citations of evidence that exists', async ({ expect }) => {
    const asked = await ask('What changed before it began?')
    expect([asked.status, asked.body]).toEqual([
      202,
      {
        session_id: expect.any(String),
        status: 'processing',
        is_new_session: true,
        run_id: expect.any(String),
      },
    ])
    const session = await answered(asked.body.session_id)
    expect(session).toMatchObject({
      status: 'completed',
      title: 'Incident: What changed before it began?',
      incident_id: incidentId,
    })
    expect(
      session.messages.map(({ sender, text }: { sender: string; text: string }) => [
        sender,
        sender === 'user' ? text : '…',
      ]),
    ).toEqual([
      ['user', 'What changed before it began?'],
      ['assistant', '…'],
    ])
    const [, answer] = session.messages
    expect(answer.text).toMatch(/1042.*\[\d+/s)
    const cited = [...answer.text.matchAll(/\[(\d+(?:, ?\d+)*)\]/g)].flatMap(([, list]: string[]) =>
      (list ?? '').split(',').map((n) => n.trim()),
    )
    const keys = answer.citations.map(({ key }: { key: string }) => key)
    expect(new Set(keys)).toEqual(new Set(cited))
    const { results } = await env.DB.prepare('SELECT number FROM evidence WHERE incident_id = ?')
      .bind(incidentId)
      .all<{ number: number }>()
    for (const key of keys) expect(results.map(({ number }) => String(number))).toContain(key)
  })

  it('continues a thread, one turn at a time', async ({ expect }) => {
    const first = await ask('What happened?')
    const query = `?session_id=${first.body.session_id}`
    await answered(first.body.session_id)
    const racing = await Promise.all([ask('Why?', {}, query), ask('Who is affected?', {}, query)])
    expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409])
    expect(racing.find(({ status }) => status === 409)?.body).toMatchObject({
      error: 'Session is already processing',
      code: 'session_busy',
    })
    expect(racing.find(({ status }) => status === 202)?.body).toMatchObject({
      session_id: first.body.session_id,
      is_new_session: false,
    })
    const session = await answered(first.body.session_id)
    expect(
      session.messages.map(({ message_number, sender }: { message_number: number; sender: string }) => [
        message_number,
        sender,
      ]),
    ).toEqual([
      [1, 'user'],
      [2, 'assistant'],
      [3, 'user'],
      [4, 'assistant'],
    ])
  })

  it('goes on only in a thread of one’s own about this incident', async ({ expect }) => {
    const editor = await org.member('editor')
    const viewer = await org.member('viewer')
    const foreign = await seedSession(org.orgId, { userId: editor.userId, incidentId })
    const elsewhere = await seedSession(org.orgId, { userId: org.userId })
    const deleted = await seedSession(org.orgId, { userId: org.userId, incidentId, isActive: false })
    const closed = await seedSession(org.orgId, { userId: org.userId, incidentId, status: 'cancelled' })
    for (const id of [foreign, elsewhere, deleted, closed, newId()]) {
      const refused = await ask('Why?', {}, `?session_id=${id}`)
      expect([refused.status, refused.body.error]).toEqual([
        404,
        'Session not found or does not belong to this incident',
      ])
    }
    const { body } = await client.get(`/api/incidents/${incidentId}`)
    const own = `/api/incidents/${incidentId}/chat?session_id=${body.incident.chatSessionId}`
    expect((await viewer.post(own, { question: 'Why?' })).status).toBe(403)
    expect((await editor.post(own, { question: 'Why?' })).status).toBe(202)
    await answered(body.incident.chatSessionId)
  })

  it('is refused in its own words', async ({ expect }) => {
    const cases: readonly (readonly [unknown, Readonly<Record<string, unknown>>, string, number, string])[] =
      [
        [undefined, {}, '', 400, 'Missing question'],
        ['  ', {}, '', 400, 'Missing question'],
        [7, {}, '', 400, 'Missing question'],
        ['x'.repeat(2001), {}, '', 400, 'Question too long (max 2000 characters)'],
        ['Why?', { mode: 'act' }, '', 400, 'Invalid mode. Must be "ask" or "agent"'],
        ['Why?', {}, '?session_id=7', 400, 'Invalid session ID format'],
        ['Why?', { suggestion_id: newId() }, '', 404, 'Suggestion not found'],
      ]
    for (const [text, also, query, status, error] of cases) {
      const answer = await ask(text, also, query)
      expect([answer.status, answer.body.error]).toEqual([status, error])
    }
    const viewer = await org.member('viewer')
    expect(
      (await viewer.post(`/api/incidents/${incidentId}/chat`, { question: 'Why?', mode: 'agent' })).status,
    ).toBe(403)
    expect((await viewer.post(`/api/incidents/${incidentId}/chat`, { question: 'Why?' })).status).toBe(202)
    expect((await org.post(`/api/incidents/${newId()}/chat`, { question: 'Why?' })).body.error).toBe(
      'Incident not found',
    )
  })

  it('changes nothing of the incident', async ({ expect }) => {
    const read = async () => {
      const { incident } = (await client.get(`/api/incidents/${incidentId}`)).body
      const { chatSessions, streamCursor, ...rest } = incident
      return [rest, chatSessions.length >= 0, streamCursor.length > 0]
    }
    const before = await read()
    await answered((await ask('Is it resolved?')).body.session_id)
    expect(await read()).toEqual(before)
  })

  it('is answered once, whichever query fails', async ({ expect }) => {
    const question = async () => {
      const sessionId = newId()
      const runId = newId()
      await env.DB.batch([
        env.DB.prepare(
          "INSERT INTO chat_sessions (id, org_id, user_id, incident_id, title, ui_state, status, active_run_id, message_count) VALUES (?1, ?2, ?3, ?4, 'T', '{}', 'in_progress', ?5, 1)",
        ).bind(sessionId, org.orgId, org.userId, incidentId, runId),
        env.DB.prepare(
          "INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, run_id) VALUES (?1, ?2, 1, 'user', 'What changed?', ?3)",
        ).bind(sessionId, org.orgId, runId),
        env.DB.prepare(
          'INSERT INTO runs (id, org_id, kind, incident_id, session_id, user_id, trigger, checkpoint) VALUES (?1, ?2, \'chat\', ?3, ?4, ?5, \'question\', \'{"messageNumber":1,"via":"http"}\')',
        ).bind(runId, org.orgId, incidentId, sessionId, org.userId),
      ])
      return { orgId: org.orgId, runId, sessionId }
    }
    const { queries } = await carryOut(await question(), { startsAt: Date.now() })
    for (const fault of faultsOf(queries).filter(({ at }) => at % 4 === 1 || at === queries)) {
      const run = await question()
      const thread = await carryOut(run, { startsAt: Date.now(), fault })
      const { results } = await env.DB.prepare(
        'SELECT sender, is_completed FROM chat_messages WHERE session_id = ? ORDER BY message_number',
      )
        .bind(run.sessionId)
        .all()
      expect(results, JSON.stringify(fault)).toEqual([
        { sender: 'user', is_completed: 1 },
        { sender: 'assistant', is_completed: 1 },
      ])
      expect(
        await env.DB.prepare('SELECT status, message_count, active_run_id FROM chat_sessions WHERE id = ?')
          .bind(run.sessionId)
          .first(),
      ).toEqual({
        status: 'completed',
        message_count: 2,
        active_run_id: null,
      })
      const evidence = await env.DB.prepare('SELECT tool_call_key FROM evidence WHERE run_id = ?')
        .bind(run.runId)
        .all<{ tool_call_key: string }>()
      expect(new Set(evidence.results.map((row) => row.tool_call_key)).size).toBe(evidence.results.length)
      expect(thread.events.filter(({ kind }) => kind === 'end')).toEqual([
        { kind: 'end', outcome: 'completed' },
      ])
    }
  })
})

describe('a chat session', () => {
  it('is read in one round trip, and few rows', async ({ expect }) => {
    const asked = await ask('What happened?')
    await answered(asked.body.session_id)
    const costs = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    const answer = await costs.get(`/chat_api/sessions/${asked.body.session_id}`)
    const [, trips, read] =
      /d1=(\d+);stmts=\d+;read=(\d+)/.exec(answer.headers.get('x-aurora-cost') ?? '') ?? []
    expect(trips).toBe('1')
    expect(Number(read)).toBeLessThanOrEqual(8)
  })
})
