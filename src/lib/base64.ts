export type Bytes = Uint8Array<ArrayBuffer>

/** The bytes of a padded base64 text, or null. Strict: no white space, no stray bits, so that no two texts mean the same bytes. */
export function fromBase64(text: string, alphabet: 'base64' | 'base64url'): Bytes | null {
  if (/\s/.test(text)) return null
  try {
    return Uint8Array.fromBase64(text, { alphabet, lastChunkHandling: 'strict' })
  } catch {
    return null
  }
}
