/** Validators: what a handler gets is what its schema says, and a bad field is named. */
import { zValidator } from '@hono/zod-validator'
import type { MiddlewareHandler } from 'hono'
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import { AppError } from '../lib/errors'
import type { App } from './env'

/** Schemas by the middleware that checks them, for the API document. */
export const schemaOf = new WeakMap<object, { readonly target: 'json' | 'query'; readonly schema: Schema }>()

type Validator<S extends Schema, Target extends 'json' | 'query'> = MiddlewareHandler<
  App,
  string,
  { in: Record<Target, z.input<S>>; out: Record<Target, z.output<S>> }
>

/**
 * The JSON body as `schema`. No body and `{}` are the same: "no fields".
 * @param empty the error text when there are no fields at all; without it the schema decides.
 */
export function body<S extends Schema>(
  schema: S,
  empty?: { readonly error: string; readonly code: 'validation_failed' | 'invalid_json' },
): Validator<S, 'json'> {
  const handler: Validator<S, 'json'> = async (c, next) => {
    const value = parseObject(c.var.bytes)
    if (empty !== undefined && Object.keys(value).length === 0) throw new AppError(empty.code, empty.error)
    const result = await z.safeParseAsync(schema, value)
    if (!result.success) throw invalid(result.error)
    const { data } = result
    c.req.addValidatedData('json', typeof data === 'object' && data !== null ? data : {})
    await next()
  }
  schemaOf.set(handler, { target: 'json', schema })
  return handler
}

/** The query string as `schema`. Repeated parameters arrive as arrays. */
export function query<S extends Schema>(schema: S) {
  const handler = zValidator('query', schema, (result) => {
    if (!result.success) throw invalid(result.error)
  })
  schemaOf.set(handler, { target: 'query', schema })
  return handler
}

function parseObject(bytes: Uint8Array | null): object {
  if (bytes === null) return {}
  const refuse = new AppError('invalid_json', 'Invalid request body')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    throw refuse
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse
  return value
}

/** The first failing rule is the answer's text; `details` names every bad field. */
function invalid(error: { readonly issues: readonly z.core.$ZodIssue[] }): AppError {
  const details = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  const first = details[0]
  return new AppError('validation_failed', first === undefined ? 'Invalid request body' : textOf(first), {
    details,
  })
}

/** Our rules carry whole sentences; what zod says of a type that no rule of ours named becomes `Invalid <field>`. */
const textOf = (issue: { readonly path: string; readonly message: string }): string =>
  /^(Invalid input|Invalid option|Too big|Too small)\b/.test(issue.message)
    ? `Invalid ${issue.path.split('.')[0] || 'request body'}`
    : issue.message
