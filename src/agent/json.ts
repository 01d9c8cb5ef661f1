/** JSON values, and how they are made small enough to be stored without losing their structure. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const MAX_DEPTH = 32
const STRING_LIMITS = [2000, 800, 300, 120] as const
const encoder = new TextEncoder()

/** Any value as JSON: what JSON cannot say becomes text or null, too deep nesting becomes `…`. */
export function toJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return null
  if (depth >= MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item: unknown) => toJson(item, depth + 1))
  const entries: readonly [string, unknown][] = Object.entries(value)
  return Object.fromEntries(
    entries.filter(([, item]) => item !== undefined).map(([key, item]) => [key, toJson(item, depth + 1)]),
  )
}

export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export function isJsonObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** All texts in a value: its strings and the names of its members. */
export function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (isJsonArray(value)) return value.flatMap(textsOf)
  if (isJsonObject(value)) return Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item)])
  return []
}

/** Size in bytes of the UTF-8 JSON text. */
export function sizeOf(value: Json): number {
  return encoder.encode(JSON.stringify(value)).length
}

/**
 * The JSON text of `value` in at most `max` bytes. Long strings are cut first, then the largest arrays lose their middle;
 * a top-level object gets `omitted: { "<path>": count }`, so that the counts stay true.
 */
export function fit(value: Json, max: number): { readonly text: string; readonly truncated: boolean } {
  if (sizeOf(value) <= max) return { text: JSON.stringify(value), truncated: false }
  let small = value
  for (const limit of STRING_LIMITS) {
    small = cutStrings(value, limit)
    if (sizeOf(small) <= max) return { text: JSON.stringify(small), truncated: true }
  }
  const omitted = new Map<string, number>()
  for (let round = 0; round < 400; round++) {
    const largest = largestArray(small, [])
    if (largest === null) break
    const { kept, gone } = withoutMiddle(largest.items)
    const path = `/${largest.path.join('/')}`
    omitted.set(path, (omitted.get(path) ?? 0) + gone)
    small = replaceAt(small, largest.path, kept)
    const counted = isJsonObject(small) ? { ...small, omitted: Object.fromEntries(omitted) } : small
    if (sizeOf(counted) <= max) return { text: JSON.stringify(counted), truncated: true }
  }
  // No array left to shorten: an object of very many members. Its beginning is kept as text.
  return {
    text: JSON.stringify({ omitted: { '/': 1 }, text: startOf(JSON.stringify(small), max / 2) }),
    truncated: true,
  }
}

function cutStrings(value: Json, limit: number): Json {
  if (typeof value === 'string') {
    return value.length > limit ? `${startOf(value, limit)}… (+${value.length - limit} characters)` : value
  }
  if (isJsonArray(value)) return value.map((item) => cutStrings(item, limit))
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [startOf(key, limit), cutStrings(item, limit)]),
    )
  }
  return value
}

/** The first `length` characters, never half of a surrogate pair. */
export function startOf(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}

function largestArray(
  value: Json,
  path: readonly string[],
): { readonly items: readonly Json[]; readonly path: readonly string[]; readonly size: number } | null {
  const children: readonly [string, Json][] = isJsonArray(value)
    ? value.map((item, index) => [String(index), item])
    : isJsonObject(value)
      ? Object.entries(value)
      : []
  const own = isJsonArray(value) && value.length > 2 ? { items: value, path, size: sizeOf(value) } : null
  const below = children
    .map(([key, item]) => largestArray(item, [...path, key]))
    .filter((found) => found !== null)
    .toSorted((a, b) => b.size - a.size)[0]
  return own ?? below ?? null
}

function withoutMiddle(items: readonly Json[]): { readonly kept: readonly Json[]; readonly gone: number } {
  const keep = Math.max(2, Math.floor(items.length * 0.8))
  const head = Math.ceil(keep / 2)
  return {
    kept: [...items.slice(0, head), ...items.slice(items.length - (keep - head))],
    gone: items.length - keep,
  }
}

function replaceAt(value: Json, path: readonly string[], next: Json): Json {
  const [key, ...rest] = path
  if (key === undefined) return next
  if (isJsonArray(value))
    return value.map((item, index) => (String(index) === key ? replaceAt(item, rest, next) : item))
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, name === key ? replaceAt(item, rest, next) : item]),
    )
  }
  return value
}
