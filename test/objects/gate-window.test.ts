import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import type { LimitWindow } from '../../src/lib/limits'
import { admitInAll } from '../../src/objects/gate-core'
import {
  admit,
  giveBack,
  inspect,
  isSpent,
  openWindow,
  reopenWindow,
  type SavedWindow,
  slack,
  type Window,
} from '../../src/objects/gate-window'

const MINUTE = 60_000
const T = 1_767_225_600_000

const rule = (limit: number, over: Partial<LimitWindow> = {}): LimitWindow => ({
  bucket: 'test',
  limit,
  spanMs: MINUTE,
  durable: false,
  ...over,
})

/** Asks for a place and takes it. */
function tryEnter(window: Window, now: number): { admitted: boolean; saved: SavedWindow | null } {
  if (inspect(window, now).remaining === 0) return { admitted: false, saved: null }
  return { admitted: true, saved: admit(window, now) }
}

const fill = (window: Window, count: number, now: number): number =>
  Array.from({ length: count }, () => tryEnter(window, now)).filter(({ admitted }) => admitted).length

describe('a sliding window', () => {
  it('admits exactly what a count over the span allows, for any stream of requests', ({ expect }) => {
    const stream = fc.record({
      limit: fc.integer({ min: 1, max: 150 }),
      gaps: fc.array(
        fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }), fc.integer({ max: 70_000, min: 0 })),
        {
          maxLength: 600,
          minLength: 1,
        },
      ),
    })
    fc.assert(
      fc.property(stream, ({ limit, gaps }) => {
        const window = openWindow(rule(limit), undefined, T)
        const counted: number[] = []
        let now = T
        for (const gap of gaps) {
          now += gap
          const inSpan = counted.filter((time) => time > now - MINUTE)
          const state = inspect(window, now)
          expect(state.remaining).toBe(limit - inSpan.length)
          expect(state.resetMs).toBe(inSpan.length === 0 ? 0 : (inSpan[0] ?? 0) + MINUTE - now)
          const { admitted } = tryEnter(window, now)
          expect(admitted).toBe(inSpan.length < limit)
          if (admitted) counted.push(now)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never admits too many in a span when it is forgotten but for what was stored', ({ expect }) => {
    const stream = fc.record({
      limit: fc.constantFrom(5, 20, 100, 300),
      durable: fc.boolean(),
      steps: fc.array(
        fc.record({
          gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 900 })),
          evicted: fc.integer({ min: 1, max: 40 }).map((roll) => roll === 40),
        }),
        {
          minLength: 300,
          maxLength: 600,
        },
      ),
    })
    fc.assert(
      fc.property(stream, ({ limit, durable, steps }) => {
        const counting = rule(limit, { durable })
        let window = openWindow(counting, undefined, T)
        let stored: SavedWindow | undefined
        let now = T
        const evictions: number[] = []
        const counted: number[] = []
        for (const { gap, evicted } of steps) {
          now += gap
          if (evicted) {
            window = openWindow(counting, structuredClone(stored), now)
            evictions.push(now)
          }
          const { admitted, saved } = tryEnter(window, now)
          if (saved !== null) stored = structuredClone(saved)
          if (!admitted) continue
          counted.push(now)
          const recent = (times: readonly number[]) => times.filter((time) => time > now - MINUTE).length
          // Each eviction may forget what was not stored yet; a durable window (slack 1) forgets nothing.
          expect(recent(counted)).toBeLessThanOrEqual(limit + (slack(counting) - 1) * recent(evictions))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('stores one small entry per two seconds of the limit, and every admission of a durable one', ({
    expect,
  }) => {
    expect([20, 100, 300, 6000].map((limit) => slack(rule(limit)))).toEqual([1, 3, 10, 200])
    expect(slack(rule(300, { durable: true }))).toBe(1)
    const window = openWindow(rule(6000), undefined, T)
    let saved: SavedWindow | null = null
    for (let i = 0; i < 60_000; i++) saved = tryEnter(window, T + i * 10).saved ?? saved
    expect(saved?.debts.length).toBeLessThanOrEqual(31)
  })

  it('keeps refusing when the clock steps back, yet is free one span later', ({ expect }) => {
    const window = openWindow(rule(3), undefined, T)
    fill(window, 3, T + 30_000)
    expect(tryEnter(window, T).admitted).toBe(false)
    expect(inspect(window, T).resetMs).toBe(MINUTE)
    expect(tryEnter(window, T + MINUTE - 1).admitted).toBe(false)
    expect(tryEnter(window, T + MINUTE).admitted).toBe(true)
  })

  it('replays times from the future as now', ({ expect }) => {
    const window = openWindow(rule(2), { spanMs: MINUTE, debts: [[T + 86_400_000, 2]] }, T)
    expect(inspect(window, T)).toEqual({ limit: 2, remaining: 0, resetMs: MINUTE })
  })

  it('gives back the place of one admission and of no other', ({ expect }) => {
    const window = openWindow(rule(3, { durable: true }), undefined, T)
    fill(window, 1, T)
    fill(window, 1, T + 1000)
    fill(window, 1, T + 2000)
    expect(giveBack(window, T + 1000)).toEqual({
      spanMs: MINUTE,
      debts: [
        [T, 1],
        [T + 2000, 1],
      ],
    })
    expect(giveBack(window, T + 1000)).toBeNull()
    expect(inspect(window, T + 2000)).toEqual({ limit: 3, remaining: 1, resetMs: MINUTE - 2000 })
    expect(fill(window, 5, T + 2000)).toBe(1)
    expect(inspect(window, T + MINUTE + 1999).remaining).toBe(1)
    expect(inspect(window, T + MINUTE + 2000).remaining).toBe(3)
  })

  it('gives back a place that was not stored yet', ({ expect }) => {
    const window = openWindow(rule(100), undefined, T)
    fill(window, 2, T)
    expect(giveBack(window, T)).toBeNull()
    expect(inspect(window, T).remaining).toBe(99)
    expect(tryEnter(window, T + 1).saved).toBeNull()
    expect(tryEnter(window, T + 2).saved).toEqual({ spanMs: MINUTE, debts: [[T + 2, 3]] })
  })

  it('gives back one of several that were stored together', ({ expect }) => {
    const window = openWindow(rule(100), undefined, T)
    fill(window, 3, T)
    expect(giveBack(window, T)).toEqual({ spanMs: MINUTE, debts: [[T, 2]] })
    expect(inspect(window, T).remaining).toBe(98)
  })

  it('keeps its admissions when the limit changes', ({ expect }) => {
    const window = openWindow(rule(100), undefined, T)
    fill(window, 50, T)
    expect(inspect(reopenWindow(window, rule(60), T + 1), T + 1).remaining).toBe(10)
    expect(inspect(reopenWindow(window, rule(40), T + 1), T + 1).remaining).toBe(0)
  })

  it('is spent when its last stored admission has left the span', ({ expect }) => {
    const saved: SavedWindow = {
      spanMs: MINUTE,
      debts: [
        [T, 1],
        [T + 5, 2],
      ],
    }
    expect(isSpent(saved, T + 4 + MINUTE)).toBe(false)
    expect(isSpent(saved, T + 5 + MINUTE)).toBe(true)
  })

  it('costs no memory for a limit that is never reached', ({ expect }) => {
    const window = openWindow(rule(Number.MAX_SAFE_INTEGER), undefined, T)
    expect(fill(window, 1000, T)).toBe(1000)
    expect(window.times.length).toBeLessThanOrEqual(1024)
  })
})

describe('a request in several windows', () => {
  const open = (limit: number, bucket: string): Window => openWindow(rule(limit, { bucket }), undefined, T)

  it('counts in none when one is full', ({ expect }) => {
    const wide = open(10, 'wide')
    const narrow = open(1, 'narrow')
    expect(admitInAll([wide, narrow], T).ok).toBe(true)
    expect(admitInAll([wide, narrow], T + 1)).toEqual({
      ok: false,
      bucket: 'narrow',
      rate: { limit: 1, remaining: 0, resetMs: MINUTE - 1 },
    })
    expect(inspect(wide, T + 1).remaining).toBe(9)
  })

  it('reports the window with the fewest places left, and of full ones the last to open', ({ expect }) => {
    const hour = openWindow(rule(1, { bucket: 'hour', spanMs: 60 * MINUTE }), undefined, T)
    const minute = open(1, 'minute')
    const wide = open(10, 'wide')
    expect(admitInAll([wide, minute, hour], T)).toMatchObject({ ok: true, rate: { limit: 1, remaining: 0 } })
    expect(admitInAll([wide, minute, hour], T)).toMatchObject({ ok: false, bucket: 'hour' })
  })

  it('is admitted where nothing is counted', ({ expect }) => {
    expect(admitInAll([], T)).toEqual({ ok: true, rate: null, saves: [] })
  })
})
