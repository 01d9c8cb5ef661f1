/** Signatures of outgoing webhooks by Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, one for each valid secret. */
import { bytesFromBase64, hmacSha256Hex } from '../../lib/hmac'

const PREFIX = 'whsec_'

/** A new secret: 32 random bytes. */
export const newSecret = (): string => PREFIX + crypto.getRandomValues(new Uint8Array(32)).toBase64()

/** Whether receivers can use this as a secret: 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  const bytes = text.startsWith(PREFIX) ? bytesFromBase64(text.slice(PREFIX.length)) : null
  return bytes !== null && bytes.length >= 24 && bytes.length <= 64
}

/** @param at when it is sent, ms */
export async function signedHeaders(
  secrets: readonly string[],
  id: string,
  at: number,
  body: string,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = String(Math.floor(at / 1000))
  const signatures: string[] = []
  for (const secret of secrets) {
    const key = bytesFromBase64(secret.slice(PREFIX.length))
    if (key === null) continue
    const hex = await hmacSha256Hex(key, `${id}.${timestamp}.${body}`)
    signatures.push(`v1,${Uint8Array.fromHex(hex).toBase64()}`)
  }
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
