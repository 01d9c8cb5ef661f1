/** JSON values of strangers that are stored as they are. */
import * as z from 'zod'

/** Any JSON object: no array, no null. */
export const plainObject = z.record(z.string(), z.unknown())

/** Whether any text or key inside the value has the character U+0000, which no stored text may hold. */
export function hasNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000')
  if (Array.isArray(value)) return value.some(hasNul)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, item]) => key.includes('\u0000') || hasNul(item))
}
