/** Turning whatever a vendor put into a field into clean text. */
import { LIMITS, type CanonicalAlert } from './canonical'

type Json = CanonicalAlert['metadata'][string]

const CONTROL = /[^\P{Cc}\t\n]/gu
/** A template variable that the vendor did not replace. */
const UNEXPANDED = /^\$[A-Z][A-Z0-9_]*$/

/** Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object itself, or an empty one for anything else. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** Without control characters (tab and newline stay) and without half characters. */
const clean = (text: string): string => text.toWellFormed().replace(CONTROL, '')

/** At most `max` code points. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text
  return Array.from(text.slice(0, max * 2))
    .slice(0, max)
    .join('')
}

/**
 * Any JSON value as clean, trimmed text: numbers and booleans as written, objects as JSON.
 * Null for what is absent: null, empty text, an unexpanded `$NAME`.
 */
export function textOf(value: unknown, max: number = Number.MAX_SAFE_INTEGER): string | null {
  const raw = rawText(value)
  if (raw === null) return null
  const text = cut(clean(raw).trim(), max).trim()
  return text === '' || UNEXPANDED.test(text) ? null : text
}

/** The first of `values` that is not absent, as text. */
export function firstText(...values: readonly unknown[]): string | null {
  for (const value of values) {
    const text = textOf(value)
    if (text !== null) return text
  }
  return null
}

/** An http or https address of at most 2,048 characters, as the vendor wrote it; null for anything else. */
export function urlOf(value: unknown): string | null {
  const text = typeof value === 'string' ? textOf(value) : null
  if (text === null || Array.from(text).length > LIMITS.url || /\s/.test(text)) return null
  const parsed = URL.parse(text)
  return parsed?.protocol === 'https:' || parsed?.protocol === 'http:' ? text : null
}

/** A flat map of label texts: at most 64, the first ones win; empty ones are left out. */
export function labelsOf(labels: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = new Map<string, string>()
  for (const [rawName, rawValue] of Object.entries(labels)) {
    if (pairs.size >= LIMITS.labels) break
    const name = cut(clean(rawName).trim(), LIMITS.labelKey)
    const value = textOf(rawValue, LIMITS.labelValue)
    if (name !== '' && name !== '__proto__' && value !== null) pairs.set(name, value)
  }
  return Object.fromEntries(pairs)
}

/** Metadata without absent members; a value of more than 4,000 characters becomes cut text. */
export function metadataOf(metadata: Readonly<Record<string, unknown>>): CanonicalAlert['metadata'] {
  const pairs: [string, Json][] = []
  for (const [name, raw] of Object.entries(metadata)) {
    const value = cleanJson(raw)
    if (value === null || value === '') continue
    const written = typeof value === 'string' ? value : JSON.stringify(value)
    const short = cut(written, LIMITS.metadataValue)
    pairs.push([name, short === written ? value : short])
  }
  return Object.fromEntries(pairs)
}

function cleanJson(value: unknown): Json {
  if (typeof value === 'string') return textOf(value) ?? ''
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(cleanJson)
  if (!isRecord(value)) return null
  const members = Object.entries(value).filter(([name]) => name !== '__proto__')
  return Object.fromEntries(members.map(([name, member]) => [clean(name), cleanJson(member)]))
}

function rawText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null) return null
  return JSON.stringify(value)
}
