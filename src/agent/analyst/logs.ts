/** Log lines as templates, and how much more of an error there is than before. */

import { startOf } from '../json'
import type { LogsOutput } from './shapes'

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<ts>'],
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<ip>'],
  [/\b(?:0x[0-9a-f]+|[0-9a-f]{8,})\b/gi, '<hex>'],
  [/"[^"]*"|'[^']*'/g, '<str>'],
  [/(?<![A-Za-z0-9_])\d+(?:\.\d+)?(?:%|[a-zA-Zµ]{1,4})?(?![A-Za-z0-9])/g, '<n>'],
]

const ERROR_WORD = /error|exception|fatal|panic|timeout|refused|denied|unavailable|oom|killed/i
const MIN_LINES = 5
const TEMPLATE_LENGTH = 200

/** A line with everything masked that differs from one occurrence to the next. */
export function maskLine(line: string): string {
  const masked = MASKS.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line)
  return startOf(masked.replaceAll(/\s+/g, ' ').trim(), TEMPLATE_LENGTH)
}

/** The first 12 hex digits of the template's SHA-256. */
export async function templateId(template: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(template))
  return new Uint8Array(digest).toHex().slice(0, 12)
}

/** The incident window of an onset and its baseline, ms; both end at or before `now`. */
export function logWindows(
  onset: number,
  now: number,
): { readonly incident: readonly [number, number]; readonly baseline: readonly [number, number] } {
  const from = onset - 300_000
  const to = Math.max(from, Math.min(onset + 900_000, now))
  const end = onset - 600_000
  return { incident: [from, to], baseline: [end - (to - from), end] }
}

/** Counts lines per template in both windows, most frequent in the incident first. */
export async function countTemplates(
  lines: readonly { readonly at: number; readonly text: string }[],
  onset: number,
  now: number,
): Promise<LogsOutput['templates']> {
  const windows = logWindows(onset, now)
  const inside = (at: number, [from, to]: readonly [number, number]): boolean => at >= from && at <= to
  const counts = new Map<string, { incident: number; baseline: number }>()
  for (const line of lines) {
    const template = maskLine(line.text)
    const count = counts.get(template) ?? { incident: 0, baseline: 0 }
    if (inside(line.at, windows.incident)) count.incident++
    else if (inside(line.at, windows.baseline)) count.baseline++
    else continue
    counts.set(template, count)
  }
  const rows = await Promise.all(
    [...counts].map(async ([template, count]) => ({ id: await templateId(template), template, ...count })),
  )
  return rows.toSorted((a, b) => b.incident - a.incident || (a.id < b.id ? -1 : 1))
}

/** How much more often a template occurs than before, 0..1; 0 for rare ones and those without an error word. */
export function templateScore(template: string, incident: number, baseline: number): number {
  if (incident < MIN_LINES || !ERROR_WORD.test(template)) return 0
  return Math.min(1, Math.max(0, Math.log2((incident + 0.5) / (baseline + 0.5)) / 4))
}
