/** Building blocks for request schemas. Lengths are Unicode code points; U+0000 is refused everywhere. */
import * as z from 'zod'
import type { Schema } from './schema'
import { parseId } from './ids'

interface TextRule {
  /** Said when the value is missing, of a wrong type or (trimmed) empty. */
  readonly error: string
  readonly max?: number
  readonly tooLong?: string
  readonly min?: number
  readonly tooShort?: string
  /** Passwords, message texts and contents are taken as sent. */
  readonly trim?: boolean
}

export const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** A required text. */
export function text({ error, max, tooLong = error, min = 1, tooShort = error, trim = true }: TextRule) {
  return z
    .string({ error })
    .transform((value) => (trim ? value.trim() : value))
    .superRefine((value, context) => {
      const length = codePoints(value)
      const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
      if (value.includes('\u0000')) refuse(error)
      else if (length === 0 && min > 0) refuse(error)
      else if (length < min) refuse(tooShort)
      else if (max !== undefined && length > max) refuse(tooLong)
    })
}

/** Null counts as absent, as everywhere in the API. */
export const optional = <S extends Schema>(schema: S) =>
  z
    .union([z.null().transform(() => undefined), schema], {
      // What the schema says of a wrong type, instead of "Invalid input".
      error: ({ errors }) => errors?.[1]?.[0]?.message,
    })
    .optional()

/** A UUID of any case, given on in lower case. */
export const uuid = (error: string) =>
  z.string({ error }).transform((value, context) => {
    const id = parseId(value.trim())
    if (id !== null) return id
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })

/** A whole number in a query string. */
export const queryInteger = (rule: {
  readonly error: string
  readonly min: number
  readonly max: number
  readonly fallback: number
}) =>
  z
    .string()
    .optional()
    .transform((value, context) => {
      if (value === undefined) return rule.fallback
      const number = /^\d{1,9}$/.test(value.trim()) ? Number(value) : Number.NaN
      if (number >= rule.min && number <= rule.max) return number
      context.addIssue({ code: 'custom', message: rule.error })
      return z.NEVER
    })
