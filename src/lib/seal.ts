/**
 * Sealing of small secrets for storage: AES-256-GCM under a data key of its own, which in turn is wrapped under a key
 * derived from the master (HKDF-SHA-256, RFC 5869). Both layers are bound to `aad`, the place the secret belongs to, so
 * that a text moved to another row, tenant or purpose does not open. Changing the master re-wraps data keys only.
 *
 * The text is `v1.<kid>.<wrap iv>.<wrapped data key>.<iv>.<ciphertext>`, the last four in padded base64url.
 */
import { fromBase64, type Bytes } from './base64'
import type { Masters, Master } from './seal-masters'

type SealRefusal = { readonly ok: false; readonly reason: 'unknown_key' | 'damaged' }
export type Opened = { readonly ok: true; readonly plaintext: string } | SealRefusal
export type Rewrapped = { readonly ok: true; readonly sealed: string } | SealRefusal

const VERSION = 'v1'
const KID = /^[0-9a-f]{8}$/
const IV_BYTES = 12
const encode = (text: string) => new TextEncoder().encode(text)

/** Seals a text for the place that `aad` names, under the current master. */
export async function seal({ current }: Masters, aad: string, plaintext: string): Promise<string> {
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const iv = newIv()
  const key = await importAes(dataKey, ['encrypt'])
  const ciphertext = await crypto.subtle.encrypt(gcm(iv, aad), key, encode(plaintext))
  return envelope(current, aad, dataKey, `${base64(iv)}.${base64(new Uint8Array(ciphertext))}`)
}

/** Opens a sealed text, if it belongs to `aad` and its master is among those readable. */
export async function open(masters: Masters, aad: string, sealed: string): Promise<Opened> {
  const unwrapped = await unwrap(masters, aad, sealed)
  if (!unwrapped.ok) return unwrapped
  const key = await importAes(unwrapped.dataKey, ['decrypt'])
  const bytes = await decrypt(key, unwrapped.parts.iv, aad, unwrapped.parts.ciphertext)
  return bytes === null
    ? DAMAGED
    : { ok: true, plaintext: new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes) }
}

/** The same secret with its data key wrapped under the current master; the ciphertext stays as it is. */
export async function rewrap(masters: Masters, aad: string, sealed: string): Promise<Rewrapped> {
  const unwrapped = await unwrap(masters, aad, sealed)
  if (!unwrapped.ok) return unwrapped
  const { iv, ciphertext } = unwrapped.parts
  const body = `${base64(iv)}.${base64(ciphertext)}`
  return { ok: true, sealed: await envelope(masters.current, aad, unwrapped.dataKey, body) }
}

/** The id of the master a text is sealed under, or null when it is no sealed text. */
export const kidOf = (sealed: string): string | null => partsOf(sealed)?.kid ?? null

interface Parts {
  readonly kid: string
  readonly wrapIv: Bytes
  readonly wrapped: Bytes
  readonly iv: Bytes
  readonly ciphertext: Bytes
}

const DAMAGED = { ok: false, reason: 'damaged' } as const

async function envelope(master: Master, aad: string, dataKey: Bytes, body: string): Promise<string> {
  const iv = newIv()
  const wrapped = new Uint8Array(await crypto.subtle.encrypt(gcm(iv, aad), master.wrapping, dataKey))
  return `${VERSION}.${master.kid}.${base64(iv)}.${base64(wrapped)}.${body}`
}

async function unwrap(
  { readable }: Masters,
  aad: string,
  sealed: string,
): Promise<{ ok: true; dataKey: Bytes; parts: Parts } | SealRefusal> {
  const parts = partsOf(sealed)
  if (parts === null) return DAMAGED
  const master = readable.find(({ kid }) => kid === parts.kid)
  if (master === undefined) return { ok: false, reason: 'unknown_key' }
  const dataKey = await decrypt(master.wrapping, parts.wrapIv, aad, parts.wrapped)
  return dataKey === null ? DAMAGED : { ok: true, dataKey, parts }
}

function partsOf(sealed: string): Parts | null {
  const [version, kid = '', ...encoded] = sealed.split('.')
  const [wrapIv, wrapped, iv, ciphertext] = encoded.map((part) => fromBase64(part, 'base64url'))
  if (version !== VERSION || !KID.test(kid) || encoded.length !== 4) return null
  if (!wrapIv || !wrapped || !iv || !ciphertext) return null
  if (wrapIv.length !== IV_BYTES || iv.length !== IV_BYTES) return null
  return { kid, wrapIv, wrapped, iv, ciphertext }
}

async function decrypt(key: CryptoKey, iv: Bytes, aad: string, ciphertext: Bytes): Promise<Bytes | null> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(iv, aad), key, ciphertext))
  } catch {
    return null
  }
}

const newIv = (): Bytes => crypto.getRandomValues(new Uint8Array(IV_BYTES))

const gcm = (iv: Bytes, aad: string) => ({ name: 'AES-GCM', iv, additionalData: encode(aad) }) as const

const importAes = (bytes: Bytes, usages: ('encrypt' | 'decrypt')[]): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, usages)

const base64 = (bytes: Bytes): string => bytes.toBase64({ alphabet: 'base64url' })
