/** Query parameters that several lists share. */
import * as z from 'zod'
import { decodeCursor } from '../lib/cursor'
import { codePoints } from '../lib/fields'

/** A short text that is looked for exactly. */
export const queryWord = (name: string, max = 200) =>
  z
    .string({ error: `Invalid ${name}` })
    .transform((value) => value.trim())
    .refine(
      (value) => value !== '' && codePoints(value) <= max && !value.includes('\u0000'),
      `Invalid ${name}`,
    )
    .optional()

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A time, ISO 8601 or ms since the epoch, as ms. */
export const queryTime = (name: string) =>
  z
    .string({ error: `Invalid ${name}` })
    .transform((value, context) => {
      const text = value.trim()
      const at = /^\d{1,15}$/.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : Number.NaN
      if (Number.isSafeInteger(at)) return at
      context.addIssue({ code: 'custom', message: `Invalid ${name}` })
      return z.NEVER
    })
    .optional()

/** `nextCursor` of an earlier answer. */
export const queryCursor = z
  .string({ error: 'Invalid cursor' })
  .transform((text, context) => {
    const cursor = decodeCursor(text)
    if (cursor !== null) return cursor
    context.addIssue({ code: 'custom', message: 'Invalid cursor' })
    return z.NEVER
  })
  .optional()

/** A time in a JSON body: ISO 8601 with an offset, or ms since the epoch; as ms. */
export const bodyTime = (error: string) =>
  z.union(
    [
      z.iso.datetime({ offset: true, error }).transform((value) => Date.parse(value)),
      z.int({ error }).min(0, error).max(8_640_000_000_000, error),
    ],
    { error },
  )
