/** Ids that are the same for the same thing: whoever comes twice finds what the first time made. */
import { sha256Hex } from './hmac'

/** A UUID of version 8 (RFC 9562, section 5.8) out of a text. */
export async function derivedId(text: string): Promise<string> {
  const hex = await sha256Hex(text)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
