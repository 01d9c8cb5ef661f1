/** Log lines around a moment, counted by what they say. */
import { drain } from './drain'
import { maskLine } from './line-masks'
import { iso, MINUTE } from './time'

/** Words of which at least one is in a line about something that went wrong. */
export const ERROR_WORDS = [
  'error',
  'exception',
  'fatal',
  'panic',
  'timeout',
  'refused',
  'denied',
  'unavailable',
  'oom',
  'killed',
] as const

/** `at` in ms. */
export interface LogLine {
  readonly at: number
  readonly text: string
}

export interface LineTemplate {
  readonly id: string
  readonly template: string
  readonly incident: number
  readonly baseline: number
  /** The first minute of a burst in the incident window. */
  readonly since: string | null
}

type Window = readonly [from: number, to: number]

const FEWEST_IN_BURST = 3
const DEVIATIONS = 4

/** The incident window of an onset and its baseline, ms; both end at or before `now`. */
export function logWindows(
  onset: number,
  now: number,
): { readonly incident: Window; readonly baseline: Window } {
  const from = onset - 5 * MINUTE
  const to = Math.max(from, Math.min(onset + 15 * MINUTE, now))
  const end = onset - 10 * MINUTE
  return { incident: [from, to], baseline: [end - (to - from), end] }
}

/** The first 12 hex digits of the template's SHA-256. */
export async function templateId(template: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(template))
  return new Uint8Array(digest).toHex().slice(0, 12)
}

/** Counts lines per template in both windows, most frequent in the incident first. */
export async function countTemplates(
  lines: readonly LogLine[],
  onset: number,
  now: number,
): Promise<readonly LineTemplate[]> {
  const windows = logWindows(onset, now)
  const masked = lines
    .filter(({ at }) => isInside(at, windows.incident) || isInside(at, windows.baseline))
    .map(({ at, text }) => ({ at, line: maskLine(text) }))
  const templates = drain(masked.map(({ line }) => line))
  const counted = Map.groupBy(masked, ({ line }) => templates.get(line) ?? line)
  const rows = await Promise.all(
    [...counted].map(async ([template, found]) => {
      const during = found.map(({ at }) => at).filter((at) => isInside(at, windows.incident))
      const baseline = found.length - during.length
      return {
        id: await templateId(template),
        template,
        incident: during.length,
        baseline,
        since: burstOf(during, windows.incident, baseline),
      }
    }),
  )
  return rows.toSorted((a, b) => b.incident - a.incident || (a.id < b.id ? -1 : 1))
}

const isInside = (at: number, [from, to]: Window): boolean => at >= from && at <= to

/** The first minute with more lines than a Poisson count of the baseline's rate has by four standard deviations. */
function burstOf(times: readonly number[], [from, to]: Window, baseline: number): string | null {
  const usual = (baseline * MINUTE) / Math.max(MINUTE, to - from)
  const most = Math.max(FEWEST_IN_BURST - 1, usual + DEVIATIONS * Math.sqrt(usual))
  const minutes = Map.groupBy(times, (at) => Math.floor((at - from) / MINUTE))
  const bursts = [...minutes].filter(([, inside]) => inside.length > most).map(([minute]) => minute)
  return bursts.length === 0 ? null : iso(from + Math.min(...bursts) * MINUTE)
}
