import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { feedAddress, type Scope } from '../../src/objects/feed-seat'
import { openDatabase } from '../../src/store/db'
import { cursorNow, feedBounds, organizationsToldSince, pruneFeed } from '../../src/store/feed'
import { openTenant } from '../../src/store/tenant-db'
import { readSocket } from '../support/reader'
import { narrowEvent, tell, wideEvent } from '../support/seed'

const ORGANISATION: Scope = { kind: 'organisation' }
const incident = (incidentId: string): Scope => ({ kind: 'incident', incidentId })

const ask = (orgId: string, scope: Scope, after: string | null, userId: string) =>
  env.FEED.getByName(orgId).fetch(feedAddress({ orgId, userId, scope }, after), {
    headers: { upgrade: 'websocket' },
  })

const join = async (orgId: string, scope: Scope, after: string | null = null, userId = newId()) => {
  const reader = readSocket(await ask(orgId, scope, after, userId))
  if (scope.kind !== 'presence') await reader.started()
  return reader
}

/** The object leaves memory, if it is there. */
const evict = (orgId: string) =>
  evictDurableObject(env.FEED.getByName(orgId)).catch((error: unknown) => {
    if (!String(error).includes('not currently running')) throw error
  })

const head = async (orgId: string): Promise<number> => (await feedBounds(openTenant(env.DB, orgId))).head

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('the feed of an organisation', () => {
  it('tells every reader what it may see, once and in order', async ({ expect }) => {
    const orgId = newId()
    const [mine, other] = [newId(), newId()]
    const whole = await join(orgId, ORGANISATION)
    const one = await join(orgId, incident(mine))
    await tell(orgId, [wideEvent(mine, 1), narrowEvent(mine, 2), narrowEvent(other, 3), wideEvent(other, 4)])
    await tell(orgId, [narrowEvent(mine, 5)])
    await Promise.all([whole.received(2), one.received(2)])
    expect(whole.numbers()).toEqual([1, 4])
    expect(one.numbers()).toEqual([2, 5])
  })

  it('shows the chat events of a user to that user only', async ({ expect }) => {
    const orgId = newId()
    const incidentId = newId()
    const [ann, ben] = [newId(), newId()]
    const [first, second] = [
      await join(orgId, incident(incidentId), null, ann),
      await join(orgId, incident(incidentId), null, ben),
    ]
    await tell(orgId, [
      narrowEvent(incidentId, 1, ann),
      narrowEvent(incidentId, 2, ben),
      narrowEvent(incidentId, 3),
    ])
    await Promise.all([first.received(2), second.received(2)])
    expect(first.numbers()).toEqual([1, 3])
    expect(second.numbers()).toEqual([2, 3])
  })

  it('never tells one organisation of another', async ({ expect }) => {
    const [here, there] = [newId(), newId()]
    const before = String(await head(here))
    await tell(there, [wideEvent('x', 1)])
    await tell(here, [wideEvent('x', 2)])
    const reader = await join(here, ORGANISATION, before)
    await reader.received(1)
    expect(reader.numbers()).toEqual([2])
  })

  it('starts at now without a cursor, and says where that is', async ({ expect }) => {
    const orgId = newId()
    await tell(orgId, [wideEvent('x', 1)])
    const reader = await join(orgId, ORGANISATION)
    await tell(orgId, [wideEvent('x', 2)])
    await reader.received(1)
    expect(reader.numbers()).toEqual([2])
    expect(reader.start()).toEqual({ cursor: String((reader.ids()[0] ?? 0) - 1), resync: false })
  })

  it('lets a reader in only when its place in the log is fixed', async ({ expect }) => {
    const orgId = newId()
    const answer = await ask(orgId, ORGANISATION, null, newId())
    const states = await runInDurableObject(env.FEED.getByName(orgId), (_, state) =>
      state.getWebSockets().map((socket) => socket.deserializeAttachment().state),
    )
    expect([answer.status, states]).toEqual([101, ['live']])
  })

  it('marks the end of the replay, also one of several pages', async ({ expect }) => {
    const orgId = newId()
    const before = String(await head(orgId))
    await tell(
      orgId,
      range(1, 1203).map((n) => wideEvent('x', n)),
    )
    const reader = await join(orgId, ORGANISATION, before)
    await tell(orgId, [wideEvent('x', 1204)])
    await reader.received(1204)
    expect(reader.numbers()).toEqual(range(1, 1204))
    expect(reader.messages.findIndex(({ kind }) => kind === 'caught-up')).toBe(1204)
  })

  it('asks for a resync when the cursor is unknown, not a number or pruned', async ({ expect }) => {
    const orgId = newId()
    await tell(
      orgId,
      range(1, 5).map((n) => wideEvent('x', n)),
    )
    const now = await head(orgId)
    for (const cursor of [String(now + 1), 'yesterday', '-1', '']) {
      const reader = await join(orgId, ORGANISATION, cursor)
      expect(reader.start(), cursor).toEqual({ cursor: String(now), resync: true })
    }

    await pruneFeed(openDatabase(env.DB), Date.now() + 1000)
    const kept = await join(orgId, ORGANISATION, String(now))
    const lost = await join(orgId, ORGANISATION, String(now - 1))
    await tell(orgId, [wideEvent('x', 6)])
    await Promise.all([kept.received(1), lost.received(1)])
    expect([kept.start()?.resync, lost.start()?.resync]).toEqual([false, true])
    expect(lost.numbers()).toEqual([6])
    expect((await join(orgId, ORGANISATION, String(now))).start()?.resync).toBe(false)
  })

  it('loses nothing and keeps its sockets when it is evicted in the middle', async ({ expect }) => {
    const orgId = newId()
    const reader = await join(orgId, ORGANISATION)
    for (const n of range(1, 6)) {
      await tell(orgId, [wideEvent('x', n)], n % 2 === 0)
      await evict(orgId)
    }
    await env.FEED.getByName(orgId).publish()
    await reader.received(6)
    expect(reader.numbers()).toEqual(range(1, 6))
    expect(reader.closedWith()).toBeNull()
  })

  it('serves two hundred readers, and one that left holds up nobody', async ({ expect }) => {
    const orgId = newId()
    const readers = await Promise.all(range(1, 200).map(() => join(orgId, ORGANISATION)))
    readers[7]?.socket.close(1000)
    await Promise.all(range(1, 10).map((n) => tell(orgId, [wideEvent('x', n)])))
    const staying = readers.filter((_, index) => index !== 7)
    await Promise.all(staying.map((reader) => reader.received(10)))
    const transcript = JSON.stringify(staying[0]?.ids())
    expect(staying.every((reader) => JSON.stringify(reader.ids()) === transcript)).toBe(true)
    expect(staying[0]?.numbers().toSorted((a, b) => a - b)).toEqual(range(1, 10))
  })

  it('gives each reader every event after its cursor exactly once, however joins, news and evictions mix', async ({
    expect,
  }) => {
    const act = fc.oneof(
      fc.record({
        act: fc.constant('tell' as const),
        count: fc.integer({ min: 1, max: 4 }),
        quiet: fc.boolean(),
      }),
      fc.record({ act: fc.constant('join' as const), back: fc.integer({ min: 0, max: 6 }) }),
      fc.record({ act: fc.constant('evict' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 14 }), async (acts) => {
        const orgId = newId()
        const first = await head(orgId)
        const readers: { readonly after: number; readonly reader: Awaited<ReturnType<typeof join>> }[] = []
        let told = 0
        const pending: Promise<unknown>[] = []
        for (const step of acts) {
          if (step.act === 'tell') {
            const news = range(told + 1, told + step.count).map((n) => wideEvent('x', n))
            told += step.count
            const telling = tell(orgId, news, step.quiet)
            // Some are left running while the next act begins.
            if (step.count % 2 === 0) await telling
            else pending.push(telling)
          } else if (step.act === 'join') {
            await Promise.all(pending)
            const after = Math.max(first, first + told - step.back)
            readers.push({ after, reader: await join(orgId, ORGANISATION, String(after)) })
          } else {
            await Promise.all(pending)
            await evict(orgId)
          }
        }
        await Promise.all(pending)
        await env.FEED.getByName(orgId).publish()
        const last = first + told
        for (const { after, reader } of readers) {
          await reader.received(last - after)
          expect(reader.ids()).toEqual(range(after + 1, last))
          reader.socket.close(1000)
        }
      }),
      { numRuns: 12 },
    )
  })

  it('lets a user hold twenty streams, whatever they show, and gives a place back when one closes', async ({
    expect,
  }) => {
    const orgId = newId()
    const userId = newId()
    const open = await Promise.all(
      range(1, 20).map((n) => join(orgId, n % 2 === 0 ? ORGANISATION : { kind: 'presence' }, null, userId)),
    )
    expect((await ask(orgId, ORGANISATION, null, userId)).status).toBe(429)
    expect((await ask(orgId, ORGANISATION, null, newId())).status).toBe(101)
    open[0]?.socket.close(1000)
    // The answer is held on to: a socket that nobody refers to is collected, and with it its place.
    const again = await vi.waitUntil(async () => {
      const answer = await ask(orgId, ORGANISATION, null, userId)
      return answer.status === 101 ? answer : null
    })
    expect((await ask(orgId, ORGANISATION, null, userId)).status).toBe(429)
    expect(again.webSocket).not.toBeNull()
  })

  it('refuses what is no socket', async ({ expect }) => {
    const response = await env.FEED.getByName(newId()).fetch('https://feed/')
    expect(response.status).toBe(426)
  })
})

describe('the event log', () => {
  it('gives the cursor that matches the other reads of its batch', async ({ expect }) => {
    const orgId = newId()
    const db = openTenant(env.DB, orgId)
    await tell(orgId, [narrowEvent('x', 1)])
    const [[cursor], [other]] = await db.batch([cursorNow(db), cursorNow(db)])
    expect(cursor).toEqual({ head: await head(orgId) })
    expect(other).toEqual(cursor)
  })

  it('forgets only what is old, from its start, and never gives a number out again', async ({ expect }) => {
    const orgId = newId()
    const everything = openDatabase(env.DB)
    const db = openTenant(env.DB, orgId)
    await pruneFeed(everything, Date.now() + 1000)
    await tell(
      orgId,
      range(1, 4).map((n) => wideEvent('x', n)),
    )
    const { floor, head: newest } = await feedBounds(db)
    expect(newest - floor).toBe(4)
    expect(await pruneFeed(everything, Date.now() - 60_000)).toBe(0)
    expect(await pruneFeed(everything, Date.now() + 1000, 3)).toBe(3)
    expect(await feedBounds(db)).toEqual({ floor: newest - 1, head: newest })
    expect(await pruneFeed(everything, Date.now() + 1000)).toBe(1)
    expect(await feedBounds(db)).toEqual({ floor: newest, head: newest })
    await tell(orgId, [wideEvent('x', 5)])
    expect(await feedBounds(db)).toEqual({ floor: newest, head: newest + 1 })
  })

  it('knows which organisations had news', async ({ expect }) => {
    const orgId = newId()
    const since = Date.now() - 1000
    await tell(orgId, [wideEvent('x', 1)])
    const told = await organizationsToldSince(openDatabase(env.DB), since)
    expect(told.filter((id) => id === orgId)).toHaveLength(1)
    expect(await organizationsToldSince(openDatabase(env.DB), Date.now() + 60_000)).toEqual([])
  })
})
