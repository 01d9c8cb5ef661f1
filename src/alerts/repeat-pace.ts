/** The storm guard's count of identical repeats: past some in a minute they are numbers, not rows. */
import { MINUTE } from '../lib/time'

/** A minute (its number since the epoch) and the identical repeats in it. */
export interface RepeatPace {
  readonly minute: number
  readonly repeats: number
}

/** Identical repeats of one alert that get a row of their own in a minute. */
const AS_ROWS = 10

/** One more identical repeat of an alert at `now`, ms. */
export function paceRepeat(
  before: RepeatPace | null,
  now: number,
): { readonly pace: RepeatPace; readonly isCounted: boolean } {
  const minute = Math.floor(now / MINUTE)
  const repeats = before?.minute === minute ? before.repeats + 1 : 1
  return { pace: { minute, repeats }, isCounted: repeats > AS_ROWS }
}

/** What every repeat moves; all else is what the alert says. */
const MOVES = new Set(['occurrences', 'lastSeenAt', 'expiresAt'])

/** Whether a repeat says nothing new about its alert. */
export const saysNothingNew = (alert: object, changes: object): boolean => {
  const known = new Map<string, unknown>(Object.entries(alert))
  return Object.entries(changes).every(
    ([name, value]) => MOVES.has(name) || JSON.stringify(known.get(name)) === JSON.stringify(value),
  )
}
