/** One signed reading with a connection's temporary keys. */
import { jsonOf } from '../ask'
import type { Access } from '../access'
import { ok, type Refusal } from '../outcome'
import type { OperationOutcome, Vendor } from '../operation'
import { hostOf, regionOf, type Region } from './regions'
import { send, type AwsRequest, type Keys } from './sign'
import { errorCode, readXml } from './xml'

/** The keys of an access; null for an access of another kind. */
export const keysOf = (access: Access): Keys | null => (access.kind === 'aws' ? access : null)

/** Asks a service; the answer is JSON, or XML as nested objects. */
export async function askAws(vendor: Vendor<unknown>, request: AwsRequest): Promise<OperationOutcome> {
  const keys = keysOf(vendor.access)
  if (keys === null) return { kind: 'vendor_error' }
  const answer = await send(vendor.ctx, keys, request)
  if (answer.kind !== 'ok') return answer
  const { status, text } = answer.value
  if (status !== 200) return refusalOf(errorCode(text) ?? '')
  const url = `https://${hostOf(request.service, request.region)}${request.path ?? '/'}`
  return ok({ url, status, data: jsonOf(answer.value) ?? readXml(text) ?? text })
}

/** What the code of an error means for a reading with temporary keys. */
export function refusalOf(code: string): Refusal | { readonly kind: 'not_found' } {
  if (/^(AccessDenied|UnauthorizedOperation|AuthorizationError)/.test(code))
    return { kind: 'insufficient_permission' }
  if (/^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidToken)/.test(code))
    return { kind: 'expired' }
  if (/^(Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded)/.test(code))
    return { kind: 'rate_limited', retryAfterSeconds: 30 }
  return /NotFound/.test(code) ? { kind: 'not_found' } : { kind: 'vendor_error' }
}

/** The region that was asked for, else the connection's own. */
export const regionFor = (region: Region | undefined, details: { readonly region: string }): Region =>
  region ?? regionOf(details.region)
