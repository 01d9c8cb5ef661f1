/** Fixed formats: the same facts are always the same words. */

import { iso } from '../../lib/time'
import { startOf } from '../json'

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'] as const

/** `10:02:30 UTC`. */
export const clock = (ms: number): string => `${iso(ms).slice(11, 19)} UTC`

/** `2026-01-01 10:02:30 UTC`. */
export const dateTime = (ms: number): string => `${iso(ms).slice(0, 10)} ${clock(ms)}`

/** `90 s`, `4 minutes`, `3 hours`, `2 days`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 120) return `${whole} s`
  if (whole < 7200) return plural(Math.round(whole / 60), 'minute')
  if (whole < 172_800) return plural(Math.round(whole / 3600), 'hour')
  return plural(Math.round(whole / 86_400), 'day')
}

/** `90 s`, or with the exact number behind it: `4 minutes (240 s)`. */
export function exactly(seconds: number): string {
  const words = duration(seconds)
  return words.endsWith(' s') ? words : `${words} (${Math.round(seconds)} s)`
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `Three services`, from 11 on `11 services`. */
export const counted = (count: number, noun: string): string =>
  `${NUMBERS[count] ?? count} ${noun}${count === 1 ? '' : 's'}`

/** `a, b and c`, at most `max` of them. */
export function list(items: readonly string[], max = 6): string {
  const shown = items.length > max ? [...items.slice(0, max), `${items.length - max} more`] : items
  const last = shown.at(-1)
  if (last === undefined) return 'none'
  return shown.length === 1 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`
}

/** Foreign text inside a sentence of ours: one line, without marks that Markdown or a citation would read. */
export function plain(text: string, length = 120): string {
  const flat = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('`', "'")
    .replaceAll('"', "'")
    .replaceAll('[', '(')
    .replaceAll(']', ')')
    .replaceAll('<', '‹')
    .trim()
  return flat.length > length ? `${startOf(flat, length).trimEnd()}…` : flat
}

/** Text in code marks that must be found in the evidence; null when marks or blanks would change it. */
export function quoted(text: string, length = 200): string | null {
  return text === '' || text.length > length || /[`\r\n]|^\s|\s$/.test(text) ? null : `\`${text}\``
}

/** First letter in upper case, the rest as it is. */
export const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
