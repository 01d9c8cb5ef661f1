/** A method of Slack's Web API. Slack tells its errors in the body, with HTTP 200. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { headersOf, type Access } from '../access'
import { jsonOf } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome, type Refusal } from '../outcome'
import { API } from './details'

/** Slack's own code of a refusal that is about the arguments and not about the credential. */
export interface Refused {
  readonly kind: 'refused'
  readonly code: string
}

const envelope = z.looseObject({ ok: z.boolean(), error: z.string().optional() })

const CREDENTIAL = new Set([
  'invalid_auth',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'not_authed',
])
const PERMISSION = new Set(['missing_scope', 'not_allowed_token_type', 'restricted_action', 'no_permission'])

/** Calls a method with a form; the answer as `schema`, or Slack's code. */
export async function callSlack<T>(
  ctx: VendorCtx,
  access: Access,
  method: string,
  parameters: Readonly<Record<string, string>>,
  schema: Schema<T>,
): Promise<Outcome<T> | Refused> {
  const answer = await ctx.fetch(`${API}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headersOf(access) },
    body: new URLSearchParams(parameters).toString(),
  })
  if (answer.kind !== 'ok') return answer
  if (answer.value.status === 401) return { kind: 'expired' }
  const said = envelope.safeParse(jsonOf(answer.value))
  if (!said.success) return { kind: 'vendor_error' }
  if (!said.data.ok) return refusalOf(said.data.error ?? '')
  const parsed = z.safeParse(schema, said.data)
  return parsed.success ? ok(parsed.data) : { kind: 'vendor_error' }
}

function refusalOf(code: string): Refusal | Refused {
  if (CREDENTIAL.has(code)) return { kind: 'expired' }
  if (PERMISSION.has(code)) return { kind: 'insufficient_permission' }
  if (code === 'ratelimited') return { kind: 'rate_limited', retryAfterSeconds: 30 }
  return { kind: 'refused', code }
}

/** The same where no refusal of the arguments is expected. */
export async function askSlack<T>(...call: Parameters<typeof callSlack<T>>): Promise<Outcome<T>> {
  const answer = await callSlack(...call)
  return answer.kind === 'refused' ? { kind: 'vendor_error' } : answer
}
