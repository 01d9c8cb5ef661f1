/** Reading labels out of the lists of `key:value` tags that many vendors use instead. */
import { isRecord, textOf } from './text'

/**
 * Tags as labels: a list, or text with commas, each tag split at its first colon. A tag without a value is no label;
 * of equal names the first one counts.
 */
export function labelsFromTags(...sources: readonly unknown[]): Record<string, string> {
  const pairs = new Map<string, string>()
  for (const tag of sources.flatMap(tagsIn)) {
    const colon = tag.indexOf(':')
    const name = tag.slice(0, Math.max(colon, 0)).trim()
    const value = textOf(tag.slice(colon + 1))
    if (name !== '' && value !== null && !pairs.has(name)) pairs.set(name, value)
  }
  return Object.fromEntries(pairs)
}

function tagsIn(source: unknown): string[] {
  if (Array.isArray(source)) return source.flatMap((tag: unknown) => textOf(tag) ?? [])
  if (isRecord(source)) return []
  return textOf(source)?.split(',') ?? []
}
