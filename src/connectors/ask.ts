/** Asking a vendor: one call, its status judged by a table, its body parsed by a schema. */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import type { VendorAnswer, VendorFetch, VendorInit } from './egress'
import { ok, type Outcome, type Refusal } from './outcome'

/** What a status means. Those that are not named: 401 refuses the credential, 403 lacks a right, the rest is an error. */
export type Judgement = Readonly<Record<number, Refusal>>

const DEFAULTS: Judgement = {
  401: { kind: 'credential_refused' },
  403: { kind: 'insufficient_permission' },
}

/** The answer's JSON as `schema`, when its status is 2xx. */
export async function ask<T>(
  fetch: VendorFetch,
  url: string,
  init: VendorInit,
  schema: Schema<T>,
  judgement: Judgement = {},
): Promise<Outcome<T>> {
  const answer = await fetch(url, init)
  if (answer.kind !== 'ok') return answer
  return readAs(answer.value, schema, judgement)
}

/** The same for an answer that is there. */
export function readAs<T>(answer: VendorAnswer, schema: Schema<T>, judgement: Judgement = {}): Outcome<T> {
  if (answer.status < 200 || answer.status > 299)
    return judgement[answer.status] ?? DEFAULTS[answer.status] ?? { kind: 'vendor_error' }
  const parsed = z.safeParse(schema, jsonOf(answer))
  return parsed.success ? ok(parsed.data) : { kind: 'vendor_error' }
}

/** The body as JSON, undefined when it is none. */
export function jsonOf(answer: VendorAnswer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch {
    return undefined
  }
}

/** The value of a `Basic` authorization header (RFC 7617). */
export const basic = (user: string, password: string): string =>
  `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`
