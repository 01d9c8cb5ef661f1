/** Schema atoms that accept any JSON value, for payloads whose fields vendors and customers fill as they like. */
import * as z from 'zod'
import { isDeeper } from './depth'
import { firstText, recordOf } from './text'

const anything = z.unknown().optional()

/** Clean text, null when absent. */
export const lenientText = anything.transform((value) => firstText(value))

/** An object; anything else becomes an empty one. */
export const lenientRecord = anything.transform(recordOf)

/** The value as it came. */
export const lenientValue = anything

/** The value as it came, or what its JSON text says: templates often can only write text. */
export const lenientJson = anything.transform((value) => {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    const parsed: unknown = JSON.parse(value)
    return isDeeper(parsed) ? value : parsed
  } catch {
    return value
  }
})
