/** SSH keys: Ed25519 pairs, and how their public half is written (RFC 8709, RFC 4253 section 6.6). */

export interface KeyPair {
  /** `ssh-ed25519 AAAA…`, one line. */
  readonly publicKey: string
  /** PKCS#8, base64. */
  readonly privateKey: string
}

const TYPE = 'ssh-ed25519'

/** A new pair; the private half leaves this function once. */
export async function newKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair of keys')
  const [raw, sealed] = await Promise.all([
    crypto.subtle.exportKey('raw', pair.publicKey),
    crypto.subtle.exportKey('pkcs8', pair.privateKey),
  ])
  return { publicKey: publicLine(bytesOf(raw)), privateKey: bytesOf(sealed).toBase64() }
}

const bytesOf = (exported: ArrayBuffer | JsonWebKey): Uint8Array => {
  if (exported instanceof ArrayBuffer) return new Uint8Array(exported)
  throw new Error('not a raw key')
}

function publicLine(key: Uint8Array): string {
  const type = new TextEncoder().encode(TYPE)
  const blob = new Uint8Array(8 + type.length + key.length)
  const view = new DataView(blob.buffer)
  view.setUint32(0, type.length)
  blob.set(type, 4)
  view.setUint32(4 + type.length, key.length)
  blob.set(key, 8 + type.length)
  return `${TYPE} ${blob.toBase64()}`
}

/** The identification line of an SSH server (RFC 4253, section 4.2) out of what it said first; null for none. */
export function bannerIn(said: string): string | null {
  const line = said.split('\n').find((it) => it.startsWith('SSH-'))
  return line !== undefined && /^SSH-(2\.0|1\.99)-[\x20-\x7e]{1,245}\r?$/.test(line) ? line.trim() : null
}
