/** Signing as the vendors do. */
import type { Scheme } from '../../src/alerts/source'
import { bytesFromBase64, joinBytes, utf8 } from '../../src/lib/hmac'

/** The headers with which a sender of this scheme proves that it sent `body` at `now` (ms); none where it signs nothing. `id` names the delivery where the scheme does. */
export async function signedHeaders(
  scheme: Scheme,
  secret: string,
  body: Uint8Array,
  now: number,
  id = 'msg_1',
): Promise<Headers> {
  const seconds = String(Math.floor(now / 1000))
  const hex = async (prefix = '') => (await hmac(utf8(secret), joinBytes(utf8(prefix), body))).toHex()
  switch (scheme) {
    case 'grafana':
      return new Headers({ 'X-Grafana-Alerting-Signature': await hex() })
    case 'aurora-v1':
      return new Headers({ 'X-Aurora-Timestamp': seconds, 'X-Aurora-Signature': await hex(`${seconds}.`) })
    case 'aurora-legacy':
      return new Headers({ 'X-Aurora-Signature': await hex() })
    case 'pd-v1':
      return new Headers({ 'X-PagerDuty-Signature': `v1=${await hex()}` })
    case 'sentry':
      return new Headers({ 'Sentry-Hook-Signature': await hex() })
    case 'hub-sha256':
      return new Headers({ 'X-Hub-Signature': `sha256=${await hex()}` })
    case 'svix': {
      const key = bytesFromBase64(secret.replace(/^whsec_/, '')) ?? new Uint8Array()
      const signature = await hmac(key, joinBytes(utf8(`${id}.${seconds}.`), body))
      return new Headers({
        'webhook-id': id,
        'webhook-timestamp': seconds,
        'webhook-signature': `v1,${signature.toBase64()}`,
      })
    }
    case 'sns':
    case 'token':
      return new Headers()
  }
}

async function hmac(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}
