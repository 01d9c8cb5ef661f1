/** Admission of one request in all of its windows at once, or in none. Pure but for the windows it is given. */
import { admit, inspect, type SavedWindow, type Window, type WindowState } from './gate-window'

/** A window that changed so much that storage must follow. */
interface Save {
  readonly bucket: string
  readonly value: SavedWindow
}

export type Admission =
  /** `rate` is that of the window with the fewest places left; null without windows. */
  | { readonly ok: true; readonly rate: WindowState | null; readonly saves: readonly Save[] }
  /** `rate` is that of the window that blocks longest; its `resetMs` is the time to wait. */
  | { readonly ok: false; readonly bucket: string; readonly rate: WindowState }

/** Admits a request at `now` (ms) when every window has a place; a refused request counts nowhere. */
export function admitInAll(windows: readonly Window[], now: number): Admission {
  let blocked: { bucket: string; rate: WindowState } | null = null
  for (const window of windows) {
    const rate = inspect(window, now)
    if (rate.remaining === 0 && (blocked === null || rate.resetMs > blocked.rate.resetMs))
      blocked = { bucket: window.rule.bucket, rate }
  }
  if (blocked !== null) return { ok: false, ...blocked }

  const saves: Save[] = []
  let tightest: WindowState | null = null
  for (const window of windows) {
    const value = admit(window, now)
    if (value !== null) saves.push({ bucket: window.rule.bucket, value })
    const rate = inspect(window, now)
    if (tightest === null || rate.remaining < tightest.remaining) tightest = rate
  }
  return { ok: true, rate: tightest, saves }
}
