/** Verification of a vendor's signature over the raw body: one entry per scheme, one judge for all. */
import { bytesFromBase64, bytesFromHex, hmacSha256Matches, joinBytes, utf8 } from '../lib/hmac'
import type { SourceSettings } from './settings'
import type { Scheme } from './source'

/** `absent`: the request carries no signature at all. `stale`: the signature is right, its time is not. */
export type Verdict = 'valid' | 'absent' | 'invalid' | 'stale'

export interface SignedRequest {
  readonly scheme: Scheme
  readonly headers: Headers
  /** The bytes as received, never re-serialised JSON. */
  readonly body: Uint8Array
  /** The current secret and, until it expires, the previous one. */
  readonly secrets: readonly string[]
  readonly settings: Pick<SourceSettings, 'signatureHeader' | 'timestampHeader' | 'legacySignature'>
  /** ms since the epoch; of a held delivery its time of receipt */
  readonly now: number
}

/** What a request claims: any of `signatures` over `prefix` and the body. */
interface Claim {
  readonly signatures: readonly (Uint8Array | null)[]
  readonly prefix: string
  /** Signed seconds since the epoch as the header has them, null where the scheme signs none. */
  readonly timestamp: string | null
  readonly keyOf?: (secret: string) => Uint8Array | null
}

type Reading = Claim | 'absent' | 'malformed'
type Reader = (headers: Headers, settings: SignedRequest['settings']) => Reading

const TOLERANCE_SECONDS = 300
/** Enough for any rotation; more would let one request buy many hashes of its body. */
const MAX_SIGNATURES = 8

const readers: Readonly<Record<Scheme, Reader>> = {
  grafana: (headers, settings) => {
    const signature = headers.get(settings.signatureHeader ?? 'X-Grafana-Alerting-Signature')
    if (signature === null) return 'absent'
    if (settings.timestampHeader === null) return overBody(bytesFromHex(signature.trim()))
    return withTimestamp(headers.get(settings.timestampHeader), signature, ':')
  },
  'aurora-v1': (headers, settings) => {
    const signature = headers.get('X-Aurora-Signature')
    if (signature === null) return 'absent'
    const timestamp = headers.get('X-Aurora-Timestamp')
    return timestamp === null && settings.legacySignature
      ? overBody(bytesFromHex(signature.trim()))
      : withTimestamp(timestamp, signature, '.')
  },
  'aurora-legacy': (headers, settings) => {
    const signature = headers.get('X-Aurora-Signature')
    if (signature === null) return 'absent'
    return settings.legacySignature ? overBody(bytesFromHex(signature.trim())) : 'malformed'
  },
  'pd-v1': (headers) => {
    const header = headers.get('X-PagerDuty-Signature')
    return header === null ? 'absent' : overBody(...versions(header.split(','), 'v1=', bytesFromHex))
  },
  sentry: (headers) => {
    const signature = headers.get('Sentry-Hook-Signature')
    return signature === null ? 'absent' : overBody(bytesFromHex(signature.trim()))
  },
  'hub-sha256': (headers) => {
    const header = headers.get('X-Hub-Signature')
    return header === null ? 'absent' : overBody(...versions([header], 'sha256=', bytesFromHex))
  },
  svix: (headers) => {
    const named = (name: string): string | null =>
      headers.get(`webhook-${name}`) ?? headers.get(`svix-${name}`)
    const header = named('signature')
    if (header === null) return 'absent'
    const id = named('id')
    const timestamp = named('timestamp')
    if (id === null || timestamp === null) return 'malformed'
    return {
      signatures: versions(header.split(' '), 'v1,', bytesFromBase64),
      prefix: `${id}.${timestamp}.`,
      timestamp,
      keyOf: (secret) => bytesFromBase64(secret.replace(/^whsec_/, '')),
    }
  },
  // The signature of Amazon SNS lies in the body and needs a fetched certificate: see sns-signature.ts.
  sns: () => 'absent',
  token: () => 'absent',
}

/** Judges a request's signature: every candidate is evaluated under every secret, in constant time. */
export async function verifySignature(request: SignedRequest): Promise<Verdict> {
  const claim = readers[request.scheme](request.headers, request.settings)
  if (claim === 'absent') return 'absent'
  if (claim === 'malformed') return 'invalid'
  const signed = claim.prefix === '' ? request.body : joinBytes(utf8(claim.prefix), request.body)
  const signatures = claim.signatures.slice(0, MAX_SIGNATURES).filter((signature) => signature !== null)
  const keys = request.secrets.map(claim.keyOf ?? utf8).filter((key) => key !== null)
  const matches = await Promise.all(
    keys.flatMap((key) => signatures.map((signature) => hmacSha256Matches(key, signature, signed))),
  )
  if (!matches.includes(true)) return 'invalid'
  return claim.timestamp === null || isFresh(claim.timestamp, request.now) ? 'valid' : 'stale'
}

const overBody = (...signatures: readonly (Uint8Array | null)[]): Claim => ({
  signatures,
  prefix: '',
  timestamp: null,
})

function withTimestamp(timestamp: string | null, signature: string, separator: string): Reading {
  if (timestamp === null) return 'malformed'
  return { signatures: [bytesFromHex(signature.trim())], prefix: `${timestamp}${separator}`, timestamp }
}

/** The signatures of one version in a header that may list several; other versions are ignored. */
function versions(
  parts: readonly string[],
  prefix: string,
  decode: (text: string) => Uint8Array | null,
): (Uint8Array | null)[] {
  return parts
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix))
    .map((part) => decode(part.slice(prefix.length)))
}

function isFresh(timestamp: string, now: number): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false
  return Math.abs(Math.floor(now / 1000) - Number(timestamp)) <= TOLERANCE_SECONDS
}
