import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { FrameLog } from '../../src/objects/frame-log'
import { aCorrelation } from '../support/alerts'

/** An incident whose run waits; `start` does what the jobs queue does. */
async function aWaitingRun() {
  const org = await aCorrelation()
  const now = Date.now()
  const { runIds } = await org.send({ eventTime: now, service: newId() }, now)
  const runId = runIds[0]?.id ?? ''
  const { id: incidentId, chat_session_id: sessionId } = await org.one<{
    id: string
    chat_session_id: string
  }>('SELECT id, chat_session_id FROM incidents WHERE org_id = ?')
  const { orgId } = org
  return {
    org,
    runId,
    incidentId,
    start: () => env.ROOM.getByName(sessionId).start({ orgId, sessionId, runId, lastSeq: 0 }),
    evict: () => evictDurableObject(env.ROOM.getByName(sessionId)),
    frames: () =>
      runInDurableObject(env.ROOM.getByName(sessionId), (_, state) => {
        const since = new FrameLog(state.storage).since(0)
        return since.ok ? since.frames.map(({ json }) => JSON.parse(json)) : []
      }),
    ends: (state: string) =>
      vi.waitUntil(
        async () =>
          (await env.DB.prepare('SELECT state FROM runs WHERE id = ?').bind(runId).first<string>('state')) ===
          state,
        { timeout: 8000, interval: 20 },
      ),
  }
}

const endsIn = (frames: readonly { readonly data: { readonly status?: string } }[]) =>
  frames.filter(({ data }) => data.status === 'END').length

describe('a room', () => {
  it('carries out its run once, however often it is started', async ({ expect }) => {
    const room = await aWaitingRun()
    await Promise.all([room.start(), room.start(), room.start()])
    await room.start()
    await room.ends('succeeded')
    await room.start()
    await vi.waitUntil(async () => endsIn(await room.frames()) > 0, { timeout: 5000, interval: 20 })
    const frames = await room.frames()
    expect(frames[0]).toMatchObject({ seq: 1, data: { status: 'ACCEPTED' } })
    expect(frames.at(-1)).toMatchObject({ isComplete: true, data: { status: 'END', outcome: 'completed' } })
    expect(endsIn(frames)).toBe(1)
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
    expect(
      await room.org.rows(
        "SELECT event FROM lifecycle_events WHERE org_id = ? AND event LIKE 'rca%' ORDER BY event",
      ),
    ).toEqual([{ event: 'rca_completed' }, { event: 'rca_started' }])
  })

  it('goes on after evictions as if nothing had happened', async ({ expect }) => {
    const room = await aWaitingRun()
    await room.start()
    for (let round = 0; round < 4; round++) await room.evict().catch(() => {})
    await room.ends('succeeded')
    await vi.waitUntil(async () => endsIn(await room.frames()) > 0, { timeout: 5000, interval: 20 })
    expect(endsIn(await room.frames())).toBe(1)
    const keys = await room.org.rows<{ key: string }>(
      'SELECT tool_call_key AS key FROM evidence WHERE org_id = ?',
    )
    expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length)
  })

  it('answers a question while the incident is investigated, and neither disturbs the other', async ({
    expect,
  }) => {
    const room = await aWaitingRun()
    const { orgId } = room.org
    const [sessionId, runId] = [newId(), newId()]
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO chat_sessions (id, org_id, user_id, incident_id, title, ui_state, status, active_run_id, message_count) VALUES (?1, ?2, ?3, ?4, 'T', '{}', 'in_progress', ?5, 1)",
      ).bind(sessionId, orgId, newId(), room.incidentId, runId),
      env.DB.prepare(
        "INSERT INTO chat_messages (session_id, org_id, message_number, sender, text, run_id) VALUES (?1, ?2, 1, 'user', 'What happened?', ?3)",
      ).bind(sessionId, orgId, runId),
      env.DB.prepare(
        `INSERT INTO runs (id, org_id, kind, incident_id, session_id, trigger, checkpoint) VALUES (?1, ?2, 'chat', ?3, ?4, 'question', '{"messageNumber":1,"via":"http"}')`,
      ).bind(runId, orgId, room.incidentId, sessionId),
    ])
    await Promise.all([
      room.start(),
      env.ROOM.getByName(sessionId).start({ orgId, sessionId, runId, lastSeq: 0 }),
    ])
    await room.ends('succeeded')
    await vi.waitUntil(
      async () =>
        (await env.DB.prepare('SELECT state FROM runs WHERE id = ?').bind(runId).first('state')) ===
        'succeeded',
      { timeout: 8000, interval: 20 },
    )
    const numbers = await room.org.rows<{ number: number }>(
      'SELECT number FROM evidence WHERE org_id = ? ORDER BY number',
    )
    expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, index) => index + 1))
    expect(await room.org.rows('SELECT DISTINCT run_id FROM incident_thoughts WHERE org_id = ?')).toEqual([
      { run_id: room.runId },
    ])
  })

  it('says END for a run that ended while its room was away', async ({ expect }) => {
    const room = await aWaitingRun()
    await env.DB.prepare("UPDATE runs SET state = 'failed', ended_at = 1 WHERE id = ?").bind(room.runId).run()
    await room.start()
    await vi.waitUntil(async () => endsIn(await room.frames()) > 0, { timeout: 5000, interval: 20 })
    expect(await room.frames()).toMatchObject([{ data: { status: 'END', outcome: 'failed' } }])
  })
})
