/** The master keys that secrets are sealed under. */
import { fromBase64, type Bytes } from './base64'

/** One master key, ready to wrap data keys. */
export interface Master {
  /** Names it in sealed texts: the first 8 hex digits of its SHA-256. */
  readonly kid: string
  readonly wrapping: CryptoKey
  /** A throw-away key, as the start script makes them. */
  readonly isDevelopment: boolean
}

/** The master that seals, and those that open: itself and the one before. */
export interface Masters {
  readonly current: Master
  readonly readable: readonly Master[]
}

export interface MasterSettings {
  readonly CONNECTOR_MASTER_KEY?: string | undefined
  readonly CONNECTOR_MASTER_KEY_PREVIOUS?: string | undefined
}

export type MastersOutcome =
  | { readonly ok: true; readonly masters: Masters }
  | { readonly ok: false; readonly problem: string }

const SALT = 'aurora/connector-secrets/v1'
const INFO = 'kek'
const MASTER_BYTES = 32
/** What a throw-away key begins with: copied to a deployment, it is still known for what it is. */
const DEVELOPMENT = 'development-only'
const MAX_KNOWN = 8

/** The master keys of the environment, or a sentence that says what is wrong with them. */
export async function readMasters(settings: MasterSettings): Promise<MastersOutcome> {
  const { CONNECTOR_MASTER_KEY = '', CONNECTOR_MASTER_KEY_PREVIOUS = '' } = settings
  if (CONNECTOR_MASTER_KEY === '') return { ok: false, problem: 'CONNECTOR_MASTER_KEY is not set' }
  const current = await masterOf(CONNECTOR_MASTER_KEY)
  if (current === null) return { ok: false, problem: 'CONNECTOR_MASTER_KEY is not base64 of 32 bytes' }
  if (CONNECTOR_MASTER_KEY_PREVIOUS === '') return { ok: true, masters: { current, readable: [current] } }
  const previous = await masterOf(CONNECTOR_MASTER_KEY_PREVIOUS)
  if (previous === null)
    return { ok: false, problem: 'CONNECTOR_MASTER_KEY_PREVIOUS is not base64 of 32 bytes' }
  return { ok: true, masters: { current, readable: [current, previous] } }
}

/**
 * Masters derived from secrets that are no keys by themselves, the current one first; null without any. `purpose` keeps
 * what is sealed for one end from opening for another.
 */
export async function mastersFrom(secrets: readonly string[], purpose: string): Promise<Masters | null> {
  const readable: Master[] = []
  for (const secret of secrets) {
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${purpose}\u0000${secret}`))
    const master = await masterOf(new Uint8Array(bytes).toBase64())
    if (master !== null) readable.push(master)
  }
  const [current] = readable
  return current === undefined ? null : { current, readable }
}

/** Masters by their text, since deriving the wrapping key takes three WebCrypto calls. */
const known = new Map<string, Master>()

async function masterOf(text: string): Promise<Master | null> {
  const cached = known.get(text)
  if (cached !== undefined) return cached
  const bytes = fromBase64(text.trim(), 'base64')
  if (bytes?.length !== MASTER_BYTES) return null
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  const master = {
    kid: new Uint8Array(digest).toHex().slice(0, 8),
    wrapping: await deriveWrapping(bytes),
    isDevelopment: new TextDecoder('latin1').decode(bytes).startsWith(DEVELOPMENT),
  }
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(text, master)
  return master
}

async function deriveWrapping(master: Bytes): Promise<CryptoKey> {
  const encode = (text: string) => new TextEncoder().encode(text)
  const secret = await crypto.subtle.importKey('raw', master, 'HKDF', false, ['deriveKey'])
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: encode(SALT), info: encode(INFO) }
  const wanted = { name: 'AES-GCM', length: 256 }
  return await crypto.subtle.deriveKey(derivation, secret, wanted, false, ['encrypt', 'decrypt'])
}
