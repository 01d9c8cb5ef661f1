import { describe, it, vi } from 'vitest'
import { CHECK_MS, KEEPALIVE_MS, liveStream, MAX_LAG, type LiveSource } from '../../src/http/live'
import { encodeCaughtUp, encodeEvent, encodeStart, PING, PONG } from '../../src/objects/feed-wire'
import { readStream } from '../support/reader'

/** A clock that moves when told to. */
function manualClock() {
  let now = 0
  let id = 0
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const mine = id++
      timers.set(mine, { at: now + ms, run })
      return () => timers.delete(mine)
    },
    pending: () => timers.size,
    advance: (ms: number) => {
      const end = now + ms
      for (;;) {
        const [due] = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
        if (due === undefined) break
        timers.delete(due[0])
        now = due[1].at
        due[1].run()
      }
      now = end
    },
  }
}

interface Options extends Partial<Pick<LiveSource, 'opening'>> {
  readonly check?: () => Promise<void>
  readonly expiresAt?: number
}

/** A stream over a socket whose other end is the test's. */
function open(options: Options = {}) {
  const { 0: near, 1: object } = new WebSocketPair()
  const received: unknown[] = []
  let closed: number | null = null
  object.accept()
  object.addEventListener('message', ({ data }) => void received.push(data))
  object.addEventListener('close', ({ code }) => {
    closed = code
  })
  const clock = manualClock()
  const leaving = new AbortController()
  const check = vi.fn<() => Promise<void>>(options.check ?? (async () => undefined))
  const stream = liveStream(
    { socket: near, ...(options.opening === undefined ? {} : { opening: options.opening }) },
    { signal: leaving.signal, expiresAt: options.expiresAt ?? null, check, clock },
  )
  return {
    response: new Response(stream),
    object,
    clock,
    check,
    received,
    leave: () => leaving.abort(),
    closed: () => vi.waitUntil(() => closed !== null, { interval: 2 }),
    start: (cursor = '7', resync = false) => object.send(encodeStart({ cursor, resync })),
    event: (id: number, data: object = { n: id }) => object.send(encodeEvent(id, JSON.stringify(data))),
  }
}

describe('a live stream', () => {
  it('begins with how soon to come back, then shows each event with its id', async ({ expect }) => {
    const live = open()
    live.start()
    live.event(8)
    live.event(9)
    const reader = readStream(live.response)
    expect((await reader.next())?.text).toBe('retry: 3000')
    expect((await reader.next())?.text).toBe('id: 8\ndata: {"n":8}')
    expect((await reader.next())?.text).toBe('id: 9\ndata: {"n":9}')
  })

  it('opens with its own event, whose id is where the stream starts, and then says what cannot be continued', async ({
    expect,
  }) => {
    const live = open({ opening: { type: 'connected' } })
    live.start('41', true)
    const [opening, resync] = await readStream(live.response).events(2)
    expect(opening?.text).toBe('id: 41\ndata: {"type":"connected"}')
    expect(resync?.text).toBe('id: 41\ndata: {"type":"resync"}')
  })

  it('shows a comment after ten idle seconds, and none while events come', async ({ expect }) => {
    const live = open()
    const reader = readStream(live.response)
    await reader.next()
    live.clock.advance(KEEPALIVE_MS - 1)
    live.event(1)
    expect((await reader.next())?.id).toBe('1')
    live.clock.advance(KEEPALIVE_MS - 1)
    live.event(2)
    expect((await reader.next())?.id).toBe('2')
    live.clock.advance(KEEPALIVE_MS)
    expect((await reader.next())?.text).toBe(': keepalive')
    live.clock.advance(KEEPALIVE_MS)
    expect((await reader.next())?.text).toBe(': keepalive')
  })

  it('closes the socket and all timers at once when the client leaves', async ({ expect }) => {
    const left = open()
    left.leave()
    await left.closed()
    const cancelled = open()
    await readStream(cancelled.response).close()
    await cancelled.closed()
    expect([left.clock.pending(), cancelled.clock.pending()]).toEqual([0, 0])
  })

  it('ends when the object is gone, so that the client comes back', async ({ expect }) => {
    const live = open()
    const reader = readStream(live.response)
    live.event(1)
    live.object.close(1012)
    await reader.events(1)
    expect(await reader.next()).toBeNull()
    expect(live.clock.pending()).toBe(0)
  })

  it('ends when the token does', async ({ expect }) => {
    const live = open({ expiresAt: 90_000 })
    const reader = readStream(live.response)
    await reader.next()
    live.clock.advance(KEEPALIVE_MS)
    expect((await reader.next())?.text).toBe(': keepalive')
    live.object.send(PONG)
    live.clock.advance(80_000)
    await live.closed()
  })

  it('asks within a minute whether the caller may still listen, and ends when not', async ({ expect }) => {
    let allowed = true
    const live = open({ check: async () => (allowed ? undefined : Promise.reject(new Error('revoked'))) })
    expect(CHECK_MS + 3000).toBeLessThan(60_000)
    live.clock.advance(CHECK_MS)
    expect(live.check).toHaveBeenCalledTimes(1)
    await vi.waitUntil(() => live.received.includes(PING))
    live.event(1)
    const reader = readStream(live.response)
    await reader.events(1)
    allowed = false
    live.clock.advance(CHECK_MS)
    expect(live.check).toHaveBeenCalledTimes(2)
    await live.closed()
    for (let block = await reader.next(); block !== null; block = await reader.next())
      expect(block.text).toBe(': keepalive')
  })

  it('ends when the object has not answered since the last time it was asked', async ({ expect }) => {
    const live = open()
    live.clock.advance(CHECK_MS)
    await vi.waitUntil(() => live.received.length === 1)
    live.clock.advance(CHECK_MS)
    await live.closed()
    expect(live.check).toHaveBeenCalledTimes(1)
  })

  it('disconnects a client that leaves more than 256 KB unread', async ({ expect }) => {
    const live = open()
    live.start()
    live.object.send(encodeCaughtUp())
    const body = { text: 'x'.repeat(1000) }
    for (let n = 0; n <= MAX_LAG / 1000; n++) live.event(n, body)
    await live.closed()
    await expect(live.response.text()).rejects.toThrow('does not keep up')
  })

  it('does not count the replay as lag, but what comes after it', async ({ expect }) => {
    const live = open()
    live.start()
    const body = { text: 'x'.repeat(1000) }
    for (let n = 1; n <= 600; n++) live.event(n, body)
    live.object.send(encodeCaughtUp())
    live.event(601, body)
    const reader = readStream(live.response)
    const events = await reader.events(601)
    expect(events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 601 }, (_, i) => i + 1))
    for (let n = 602; n <= 602 + MAX_LAG / 1000; n++) live.event(n, body)
    await live.closed()
    await expect(reader.events(300)).rejects.toThrow('does not keep up')
  })
})
