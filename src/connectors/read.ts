/** The usual operation: one GET or POST with the connection's own headers, its JSON handed on as it came. */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import { headersOf } from './access'
import { jsonOf } from './ask'
import type { VendorInit } from './egress'
import { ok, type Outcome } from './outcome'
import type { OperationOutcome, Vendor } from './operation'

/** Investigations read at most a mebibyte of an answer. */
const MAX_BYTES = 1024 * 1024

/** Segments that a URL parser walks up on: encoding leaves them as they are, so a name of dots would lead elsewhere. */
const DOTS = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** Reads a URL with the connection's headers. A 401 means that the credential no longer works. */
export async function read(
  vendor: Vendor<unknown>,
  url: string,
  init: VendorInit = {},
): Promise<OperationOutcome> {
  if (DOTS.test(url.split('?', 1)[0] ?? ''))
    return { kind: 'invalid_arguments', message: 'A name must not be . or ..' }
  const answer = await vendor.ctx.fetch(url, {
    maxBytes: MAX_BYTES,
    ...init,
    headers: { accept: 'application/json', ...init.headers, ...headersOf(vendor.access) },
  })
  if (answer.kind !== 'ok') return answer
  const { status, text } = answer.value
  if (status === 401) return { kind: 'expired' }
  if (status === 403) return { kind: 'insufficient_permission' }
  if (status === 404) return { kind: 'not_found' }
  if (status < 200 || status > 299) return { kind: 'vendor_error' }
  return ok({ url, status, data: jsonOf(answer.value) ?? text })
}

/** The same with a JSON body, for vendors whose searches are POSTs. */
export const readPost = (
  vendor: Vendor<unknown>,
  url: string,
  body: unknown,
  init: Pick<VendorInit, 'maxBytes'> = {},
): Promise<OperationOutcome> =>
  read(vendor, url, {
    ...init,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** What was read, as `schema`; what is not there or makes no sense is the vendor's error. */
export function readingAs<T>(outcome: OperationOutcome, schema: Schema<T>): Outcome<T> {
  if (outcome.kind === 'not_found' || outcome.kind === 'invalid_arguments') return { kind: 'vendor_error' }
  if (outcome.kind !== 'ok') return outcome
  const parsed = z.safeParse(schema, outcome.value.data)
  return parsed.success ? ok(parsed.data) : { kind: 'vendor_error' }
}

/** `base` with these parameters; the absent ones are left out, a list repeats its name. */
export function withQuery(
  base: string,
  parameters: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      search.append(name, String(value))
    else for (const one of value ?? []) search.append(name, one)
  }
  const text = search.toString()
  return text === '' ? base : `${base}?${text}`
}
