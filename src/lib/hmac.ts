/** Hashes and message authentication on WebCrypto. Comparisons take the same time whatever differs. */

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const
type Bytes = Uint8Array<ArrayBuffer>

/** The UTF-8 bytes of `text`. */
export const utf8 = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text))

/** Several byte strings as one. */
export function joinBytes(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** SHA-256 of bytes or of the UTF-8 bytes of a text, lower-case hex. */
export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  return (await sha256(data)).toHex()
}

/** HMAC-SHA256 of `data`, lower-case hex. `key` as bytes, or as text whose UTF-8 bytes are the key. */
export async function hmacSha256Hex(key: string | Uint8Array, data: string | Uint8Array): Promise<string> {
  const imported = await importKey(key, 'sign')
  return new Uint8Array(await crypto.subtle.sign(HMAC, imported, bytesOf(data))).toHex()
}

/** Whether `signature` is the HMAC-SHA256 of `data` under `key`. An empty key matches nothing. */
export async function hmacSha256Matches(
  key: string | Uint8Array,
  signature: Uint8Array,
  data: string | Uint8Array,
): Promise<boolean> {
  if (key.length === 0) return false
  const imported = await importKey(key, 'verify')
  return crypto.subtle.verify(HMAC, imported, bytesOf(signature), bytesOf(data))
}

/** Whether two secrets are equal; compares their digests, so neither length nor content shows in the time. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([sha256(a), sha256(b)])
  return first.reduce((difference, byte, index) => difference | (byte ^ (second[index] ?? 0)), 0) === 0
}

/** The bytes of hex digits in any case; null when `text` is anything else or empty. */
export function bytesFromHex(text: string): Bytes | null {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text)
    ? Uint8Array.fromHex(text)
    : null
}

/** The bytes of padded or unpadded base64; null when `text` is anything else or empty. */
export function bytesFromBase64(text: string): Bytes | null {
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  try {
    return Uint8Array.fromBase64(text)
  } catch {
    return null
  }
}

async function sha256(data: string | Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(data)))
}

const importKey = (key: string | Uint8Array, use: 'sign' | 'verify'): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytesOf(key), HMAC, false, [use])

const bytesOf = (data: string | Uint8Array): Bytes =>
  typeof data === 'string' ? utf8(data) : new Uint8Array(data)
