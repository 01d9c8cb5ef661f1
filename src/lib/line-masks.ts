/** What differs from one occurrence of a log line to the next. */

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<ts>'],
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<ip>'],
  [/\b(?:0x[0-9a-f]+|[0-9a-f]{8,})\b/gi, '<hex>'],
  [/"[^"]*"|'[^']*'/g, '<str>'],
  [/(?<![A-Za-z0-9_])\d+(?:\.\d+)?(?:%|[a-zA-Zµ]{1,4})?(?![A-Za-z0-9])/g, '<n>'],
]

const TEMPLATE_LENGTH = 200

/** A line with everything masked that differs from one occurrence to the next, at most 200 characters. */
export function maskLine(line: string): string {
  const masked = MASKS.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line)
  // Never half of a surrogate pair.
  return masked
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, TEMPLATE_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '')
}
