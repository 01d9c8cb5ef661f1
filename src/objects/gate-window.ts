/**
 * An exact sliding window: the times of the admissions that still count, in a ring.
 * No clock inside: every function takes `now` (ms). Storage sees one `[newest time, count]` pair per two seconds' worth
 * of admissions; a pair is replayed at its newest time, so after an eviction a place comes free late, never early.
 */
import type { LimitWindow } from '../lib/limits'

/** Admissions that were stored together: the time of the newest, and how many. */
type Debt = readonly [newest: number, count: number]

/** What storage keeps of a window. */
export interface SavedWindow {
  readonly spanMs: number
  readonly debts: readonly Debt[]
}

/** A window in memory. The `live` admissions end just before `next`, oldest first. */
export interface Window {
  readonly rule: LimitWindow
  times: Float64Array
  next: number
  live: number
  debts: Debt[]
  unsaved: number
}

export interface WindowState {
  readonly limit: number
  readonly remaining: number
  /** Until the oldest admission leaves the window and its place is free again; 0 when the window is empty. */
  readonly resetMs: number
}

const FIRST_CAPACITY = 32

/** Admissions that may stay unsaved: two seconds' worth of the limit, at least one; a durable window saves each. */
export const slack = (rule: LimitWindow): number =>
  rule.durable ? 1 : Math.max(1, Math.floor((rule.limit * 2000) / rule.spanMs))

/** A window as storage remembers it. */
export function openWindow(rule: LimitWindow, saved: SavedWindow | undefined, now: number): Window {
  const times = new Float64Array(Math.min(rule.limit, FIRST_CAPACITY))
  const window: Window = { rule, times, next: 0, live: 0, debts: [], unsaved: 0 }
  for (const [newest, count] of saved?.debts ?? []) {
    const at = Math.min(newest, now)
    if (at <= now - rule.spanMs) continue
    window.debts.push([at, count])
    for (let i = 0; i < count; i++) record(window, at)
  }
  return window
}

/** How full the window is at `now`. */
export function inspect(window: Window, now: number): WindowState {
  settle(window, now)
  const { limit, spanMs } = window.rule
  const resetMs = window.live === 0 ? 0 : Math.ceil(timeAt(window, 0) + spanMs - now)
  return { limit, remaining: Math.max(0, limit - window.live), resetMs }
}

/** Counts one request, for which `inspect` saw a place at the same `now`; answers what must be stored, if anything. */
export function admit(window: Window, now: number): SavedWindow | null {
  record(window, now)
  window.unsaved += 1
  if (window.unsaved < slack(window.rule)) return null
  window.debts = window.debts.filter(([newest]) => newest > now - window.rule.spanMs)
  window.debts.push([now, window.unsaved])
  window.unsaved = 0
  return saved(window)
}

/** Gives back the place of the admission made at `at`; answers what must be stored, if anything. An unknown time changes nothing. */
export function giveBack(window: Window, at: number): SavedWindow | null {
  let index = 0
  while (index < window.live && timeAt(window, index) !== at) index += 1
  if (index === window.live) return null
  for (; index < window.live - 1; index++) window.times[slot(window, index)] = timeAt(window, index + 1)
  window.next = slot(window, window.live - 1)
  window.live -= 1

  const owner = window.debts.findIndex(([newest]) => newest >= at)
  const debt = window.debts[owner]
  if (debt === undefined) {
    window.unsaved -= 1
    return null
  }
  if (debt[1] > 1) window.debts[owner] = [debt[0], debt[1] - 1]
  else window.debts.splice(owner, 1)
  return saved(window)
}

/** The same admissions under another limit or span, after a change of configuration. */
export function reopenWindow(window: Window, rule: LimitWindow, now: number): Window {
  settle(window, now)
  const unsaved: Debt[] = window.unsaved > 0 ? [[timeAt(window, window.live - 1), window.unsaved]] : []
  return openWindow(rule, { spanMs: rule.spanMs, debts: [...window.debts, ...unsaved] }, now)
}

/** Whether nothing in storage counts any more. */
export const isSpent = ({ spanMs, debts }: SavedWindow, now: number): boolean =>
  debts.every(([newest]) => newest <= now - spanMs)

const saved = (window: Window): SavedWindow => ({ spanMs: window.rule.spanMs, debts: window.debts })

const slot = ({ times, next, live }: Window, index: number): number =>
  (next - live + index + times.length) % times.length

const timeAt = (window: Window, index: number): number => window.times[slot(window, index)] ?? -Infinity

/** Forgets what left the window. A clock that stepped back moves later times to `now`: their places come free late, never early. */
function settle(window: Window, now: number): void {
  if (window.live > 0 && timeAt(window, window.live - 1) > now) {
    for (let i = 0; i < window.live; i++) window.times[slot(window, i)] = Math.min(now, timeAt(window, i))
    window.debts = window.debts.map(([newest, count]) => [Math.min(newest, now), count])
  }
  while (window.live > 0 && timeAt(window, 0) <= now - window.rule.spanMs) window.live -= 1
  window.unsaved = Math.min(window.unsaved, window.live)
}

function record(window: Window, at: number): void {
  if (window.live === window.times.length && window.live < window.rule.limit) grow(window)
  window.times[window.next] = at
  window.next = (window.next + 1) % window.times.length
  window.live = Math.min(window.times.length, window.live + 1)
}

/** The ring grows with use, so that a very high limit costs memory only when it is reached. */
function grow(window: Window): void {
  const larger = new Float64Array(Math.min(window.rule.limit, window.times.length * 2))
  for (let i = 0; i < window.live; i++) larger[i] = timeAt(window, i)
  window.times = larger
  window.next = window.live
}
