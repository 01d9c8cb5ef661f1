export interface DecodedBody {
  /** What is stored, with a byte order mark, so that a signature can be verified later. Bytes that are no UTF-8 are replaced by marks. */
  readonly text: string
  readonly json: { readonly ok: true; readonly body: unknown } | { readonly ok: false }
}

/** Strict UTF-8 JSON, with or without a byte order mark; a form with the one field `payload` holds it there. Other content types say nothing: vendors send JSON as text. */
export function decodeBody(bytes: Uint8Array, contentType: string | null): DecodedBody {
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
  try {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    return { text, json: { ok: true, body: JSON.parse(payloadOf(strict, contentType)) } }
  } catch {
    return { text, json: { ok: false } }
  }
}

function payloadOf(text: string, contentType: string | null): string {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return text
  const fields = [...new URLSearchParams(text)]
  const [only] = fields
  return fields.length === 1 && only?.[0] === 'payload' ? only[1] : text
}

const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-aurora-token',
  'x-internal-secret',
  'cf-webhook-auth',
  'x-api-key',
])
const LONGEST_HEADER = 1000
const MOST_HEADERS = 64

/** The headers that may be stored: no credential among them. */
export function storableHeaders(headers: Headers): Readonly<Record<string, string>> {
  const kept = [...headers].filter(([name]) => !SECRET_HEADERS.has(name) && !name.startsWith('cf-'))
  return Object.fromEntries(
    kept.slice(0, MOST_HEADERS).map(([name, value]) => [name, value.slice(0, LONGEST_HEADER)]),
  )
}
