/** The key under which a delivery is stored once: the sender's own id, or a hash of what it sent. */
import { sha256Hex } from '../lib/hmac'
import type { AlertSource } from './source'

export interface ReceivedRequest {
  readonly headers: Headers
  /** The bytes as received. */
  readonly bytes: Uint8Array
  /** The parsed JSON. */
  readonly body: unknown
  /** ms since the epoch */
  readonly receivedAt: number
  /** A fresh id, used by protocols whose every request is an event of its own. */
  readonly requestId: string
}

const WINDOW = 600_000
const MAX_KEY = 255
const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,128}$/

/** The delivery key of a request. The same key again means the same delivery. */
export async function deliveryKeyOf(
  source: AlertSource,
  request: ReceivedRequest,
  /** The SHA-256 of the body, for a caller who knows it already. */
  bodyHash: () => string | Promise<string> = () => sha256Hex(request.bytes),
): Promise<string> {
  // Not signed, so an attacker could replay a signed body under fresh keys: only where nothing is signed.
  if (source.idempotencyKey ?? source.scheme === 'token') {
    const given = request.headers.get('Idempotency-Key') ?? ''
    if (IDEMPOTENCY_KEY.test(given)) return `key:${given}`
  }
  const own = source.deliveryKey?.(request) ?? null
  if (own !== null && own !== '') return own.length <= MAX_KEY ? own : sha256Hex(own)
  switch (source.deliveryIdentity ?? 'window') {
    case 'request':
      return request.requestId
    case 'body':
      return bodyHash()
    case 'window':
      break
  }
  return `${await bodyHash()}:${Math.floor(request.receivedAt / WINDOW)}`
}
