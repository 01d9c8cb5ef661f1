import { createExecutionContext, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { describe, it, vi } from 'vitest'
import type { App } from '../../src/http/env'
import { renderError } from '../../src/http/errors'
import { cost } from '../../src/http/middleware/cost'
import { requestId } from '../../src/http/middleware/request-id'
import { streams } from '../../src/http/routes/streams'
import { newId } from '../../src/lib/ids'
import { gateName } from '../../src/lib/limits'
import { issueSession } from '../../src/lib/session-token'
import { openDatabase } from '../../src/store/db'
import { pruneFeed } from '../../src/store/feed'
import { anOrg } from '../support/org'
import { readStream } from '../support/reader'
import { aRoom } from '../support/room'
import { narrowEvent, seedIncident, seedOrganization, seedSession, tell, wideEvent } from '../support/seed'

const app = new Hono<App>({ strict: false }).use(requestId, cost).route('/', streams)
app.onError(renderError)

/** A member with a client; `rooms` stands for the rooms of sessions. */
async function aMember(orgId: string, room: ReturnType<typeof aRoom> | null = null) {
  const userId = newId()
  const sid = newId()
  const now = Date.now()
  const { token } = await issueSession(env, { userId, orgId, role: 'viewer', sid }, now)
  const rooms = room === null ? {} : { ROOM: { getByName: () => room } }
  const call = async (path: string, init: RequestInit = {}) =>
    app.fetch(
      new Request(`http://aurora.test${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(new Headers(init.headers)) },
      }),
      { ...env, ...rooms },
      createExecutionContext(),
    )
  return {
    userId,
    sid,
    call,
    follow: async (path: string, init?: RequestInit) => readStream(await call(path, init)),
  }
}

const sockets = (orgId: string) =>
  runInDurableObject(env.FEED.getByName(orgId), (_, state) => state.getWebSockets().length)

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('GET /api/incidents/stream', () => {
  it('shows the incidents of the organisation as they change', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId)
    const response = await member.call('/api/incidents/stream')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'ratelimit-limit': '100',
    })
    const incidentId = newId()
    await tell(orgId, [wideEvent(incidentId, 1), narrowEvent(incidentId, 2), wideEvent(incidentId, 3)])
    const stream = readStream(response)
    expect((await stream.next())?.text).toBe('retry: 3000')
    expect((await stream.events(2)).map(({ data }) => data)).toEqual([
      { type: 'incident_update', incident_id: incidentId, n: 1 },
      { type: 'incident_update', incident_id: incidentId, n: 3 },
    ])
  })

  it('cut after any event and continued by its id, tells the same as uncut', async ({ expect }) => {
    const orgId = await seedOrganization()
    const [uncut, member] = [await aMember(orgId), await aMember(orgId)]
    const whole = await uncut.follow('/api/incidents/stream')
    const pieces = []
    let stream = await member.follow('/api/incidents/stream')
    for (const n of range(1, 45)) {
      // Some come while nobody listens, some are not for this stream.
      await tell(orgId, [wideEvent('x', 2 * n), narrowEvent('x', 0)])
      const [event] = await stream.events(1)
      pieces.push(event)
      await stream.close()
      await tell(orgId, [wideEvent('x', 2 * n + 1)])
      const after = { 'last-event-id': event?.id ?? '' }
      stream = await member.follow('/api/incidents/stream', { headers: after })
      pieces.push(...(await stream.events(1)))
    }
    expect(pieces).toEqual(await whole.events(90))
    expect(pieces.map((event) => event?.data.n)).toEqual(range(2, 91))
  })

  it('continues by `?after=`, but the header of a browser that reconnects is newer', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId)
    const first = await member.follow('/api/incidents/stream')
    await tell(orgId, [wideEvent('x', 1), wideEvent('x', 2), wideEvent('x', 3)])
    const [one, two] = await first.events(2)
    const path = `/api/incidents/stream?after=${one?.id}`
    const byQuery = await member.follow(path)
    expect((await byQuery.events(2)).map(({ data }) => data.n)).toEqual([2, 3])
    const byHeader = await member.follow(path, { headers: { 'last-event-id': two?.id ?? '' } })
    expect((await byHeader.events(1)).map(({ data }) => data.n)).toEqual([3])
  })

  it('asks for a resync when it cannot continue, and goes on from there', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId)
    await tell(orgId, [wideEvent('x', 1), wideEvent('x', 2)])
    await pruneFeed(openDatabase(env.DB), Date.now() + 1000)
    for (const after of ['1', '99999999', 'a%20b']) {
      const stream = await member.follow(`/api/incidents/stream?after=${after}`)
      await tell(orgId, [wideEvent('x', 3)])
      const [resync, next] = await stream.events(2)
      expect(resync?.data).toEqual({ type: 'resync' })
      const resumed = await member.follow(`/api/incidents/stream?after=${resync?.id}`)
      expect((await resumed.events(1))[0]).toEqual(next)
      await Promise.all([stream.close(), resumed.close()])
    }
  })

  it('is served by the whole Worker, and lets go of the object when the client leaves', async ({
    expect,
  }) => {
    const org = await anOrg()
    const stream = readStream(await org.fetch('/api/incidents/stream'))
    await tell(org.orgId, [wideEvent('x', 1)])
    expect((await stream.events(1))[0]?.data.n).toBe(1)
    await stream.close()
    await vi.waitUntil(async () => (await sockets(org.orgId)) === 0)
  })

  it('closes the socket to the object when the client leaves', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId)
    const leaving = new AbortController()
    await member.call('/api/incidents/stream', { signal: leaving.signal })
    const other = await member.follow('/api/incidents/stream')
    expect(await sockets(orgId)).toBe(2)
    leaving.abort()
    await vi.waitUntil(async () => (await sockets(orgId)) === 1)
    await other.close()
    await vi.waitUntil(async () => (await sockets(orgId)) === 0)
  })

  it('refuses the twenty-first stream of a user', async ({ expect }) => {
    const orgId = await seedOrganization()
    const incidentId = await seedIncident(orgId)
    const member = await aMember(orgId)
    for (const n of range(1, 20)) {
      const path = n % 2 === 0 ? '/api/incidents/stream' : `/api/incidents/${incidentId}/stream`
      expect((await member.call(path)).status).toBe(200)
    }
    const refused = await member.call('/api/incidents/stream')
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ error: 'Rate limit exceeded', code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await (await aMember(orgId)).call('/api/incidents/stream')).status).toBe(200)
  })

  it('wants an identity that was not revoked', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId)
    await env.GATE.getByName(gateName.user(member.userId)).revoke({
      sid: member.sid,
      expiresAt: Date.now() + 60_000,
    })
    const refused = await member.call('/api/incidents/stream')
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 'session_revoked' })
    const nobody = await app.fetch(new Request('http://aurora.test/api/incidents/stream'), env)
    expect(nobody.status).toBe(400)
  })

  it('has nothing to show to HEAD', async ({ expect }) => {
    const member = await aMember(await seedOrganization())
    const refused = await member.call('/api/incidents/stream', { method: 'HEAD' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET'])
  })
})

describe('GET /api/incidents/:incident_id/stream', () => {
  it('starts with `connected` and shows what happens to this incident', async ({ expect }) => {
    const orgId = await seedOrganization()
    const [incidentId, otherId] = [await seedIncident(orgId), await seedIncident(orgId)]
    const member = await aMember(orgId)
    const stream = await member.follow(`/api/incidents/${incidentId.toUpperCase()}/stream`)
    await tell(orgId, [wideEvent(incidentId, 1), narrowEvent(otherId, 2), narrowEvent(incidentId, 3)])
    const [connected, thought] = await stream.events(2)
    expect(connected?.data).toEqual({ type: 'connected', incident_id: incidentId })
    expect(thought?.data).toEqual({ type: 'thought', n: 3 })
  })

  it('can be continued by the id of `connected`, before anything happened', async ({ expect }) => {
    const orgId = await seedOrganization()
    const incidentId = await seedIncident(orgId)
    const member = await aMember(orgId)
    const first = await member.follow(`/api/incidents/${incidentId}/stream`)
    const [connected] = await first.events(1)
    await first.close()
    await tell(orgId, [narrowEvent(incidentId, 1)])
    const second = await member.follow(`/api/incidents/${incidentId}/stream?after=${connected?.id}`)
    const [again, missed] = await second.events(2)
    expect(again).toEqual(connected)
    expect(missed?.data.n).toBe(1)
  })

  it('shows chat events to their user only', async ({ expect }) => {
    const orgId = await seedOrganization()
    const incidentId = await seedIncident(orgId)
    const [ann, ben] = [await aMember(orgId), await aMember(orgId)]
    const [first, second] = [
      await ann.follow(`/api/incidents/${incidentId}/stream`),
      await ben.follow(`/api/incidents/${incidentId}/stream`),
    ]
    await tell(orgId, [narrowEvent(incidentId, 1, ann.userId), narrowEvent(incidentId, 2)])
    expect((await first.events(3)).map(({ data }) => data.type)).toEqual(['connected', 'chat', 'thought'])
    expect((await second.events(2)).map(({ data }) => data.type)).toEqual(['connected', 'thought'])
  })

  it('says after `connected` that a cursor cannot be continued', async ({ expect }) => {
    const orgId = await seedOrganization()
    const incidentId = await seedIncident(orgId)
    const stream = await (await aMember(orgId)).follow(`/api/incidents/${incidentId}/stream?after=99999999`)
    expect((await stream.events(2)).map(({ data }) => data.type)).toEqual(['connected', 'resync'])
  })

  it('does not exist for another organisation, and has to be named by an id', async ({ expect }) => {
    const incidentId = await seedIncident(await seedOrganization())
    const stranger = await aMember(await seedOrganization())
    const foreign = await stranger.call(`/api/incidents/${incidentId}/stream`)
    expect(foreign.status).toBe(404)
    expect(await foreign.json()).toMatchObject({ error: 'Incident not found', code: 'not_found' })
    const malformed = await stranger.call('/api/incidents/42/stream')
    expect(malformed.status).toBe(400)
    expect(await malformed.json()).toMatchObject({ error: 'Invalid incident ID format', code: 'invalid_id' })
  })
})

describe('GET /chat_api/sessions/:session_id/stream', () => {
  it('shows the frames of a run under their numbers, and continues after each of them', async ({
    expect,
  }) => {
    const orgId = await seedOrganization()
    const room = aRoom()
    const member = await aMember(orgId, room)
    const path = `/chat_api/sessions/${await seedSession(orgId, { userId: member.userId })}/stream`
    await room.say(room.frames.accepted(1), ...range(1, 40).map((n) => room.frames.chunk(`${n} `)))
    const whole = await (await member.follow(`${path}?after=0`)).events(41)
    expect(whole.map(({ id, data }) => [id, data.seq])).toEqual(range(1, 41).map((n) => [String(n), n]))
    for (const n of [1, 20, 40]) {
      const rest = await member.follow(`${path}?after_seq=${n}`)
      expect(await rest.events(41 - n)).toEqual(whole.slice(n))
      await rest.close()
    }
    const resync = await member.follow(path, { headers: { 'last-event-id': '42' } })
    expect((await resync.events(1))[0]).toMatchObject({ id: '41', data: { type: 'resync' } })
  })

  it('of an investigation is open to every member', async ({ expect }) => {
    const orgId = await seedOrganization()
    const room = aRoom()
    const member = await aMember(orgId, room)
    const stream = await member.follow(`/chat_api/sessions/${await seedSession(orgId)}/stream`)
    await room.say(room.frames.accepted(1))
    expect((await stream.events(1))[0]?.data).toMatchObject({ seq: 1, data: { status: 'ACCEPTED' } })
  })

  it('counts as an open stream of the user until it ends', async ({ expect }) => {
    const orgId = await seedOrganization()
    const room = aRoom()
    const member = await aMember(orgId, room)
    const stream = await member.follow(`/chat_api/sessions/${await seedSession(orgId)}/stream`)
    expect(await sockets(orgId)).toBe(1)
    await stream.close()
    await vi.waitUntil(async () => (await sockets(orgId)) === 0)
    await vi.waitUntil(() => room.inRoom((_, subscribers) => subscribers.size === 0))
  })

  it('does not exist for anybody else, nor when deleted, closed or malformed', async ({ expect }) => {
    const orgId = await seedOrganization()
    const member = await aMember(orgId, aRoom())
    const ids = [
      await seedSession(orgId, { userId: newId() }),
      await seedSession(await seedOrganization()),
      await seedSession(orgId, { userId: member.userId, isActive: false }),
      await seedSession(orgId, { status: 'cancelled' }),
      newId(),
      '42',
    ]
    for (const id of ids) {
      const refused = await member.call(`/chat_api/sessions/${id}/stream`)
      expect(refused.status).toBe(404)
      expect(await refused.json()).toMatchObject({ error: 'Chat session not found', code: 'not_found' })
    }
    expect(await sockets(orgId)).toBe(0)
  })
})
