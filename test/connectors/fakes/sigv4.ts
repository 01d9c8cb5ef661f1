/** Checks Signature Version 4 as AWS documents it, with Node's crypto: it shares nothing with what signs in the product. */
import { createHash, createHmac } from 'node:crypto'
import type { Seen } from './fake'

export interface Signature {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const PATTERN =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

export function readSignature(authorization: string): Signature | null {
  const match = PATTERN.exec(authorization)
  if (match === null) return null
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature }
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
const hmac = (key: string | Uint8Array, text: string): Uint8Array =>
  createHmac('sha256', key).update(text, 'utf8').digest()

/** RFC 3986: everything but the unreserved characters is encoded. */
const uriEncode = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

/** The signature that this request must carry under this secret key. */
export function expectedSignature(
  { method, url, headers, body }: Seen,
  { date, region, service, signedHeaders }: Signature,
  secret: string,
): string {
  // Every service but S3 encodes the path of the request line once more.
  const path = url.pathname.split('/').map(uriEncode).join('/')
  const query = Array.from(url.searchParams, ([key, value]) => `${uriEncode(key)}=${uriEncode(value)}`)
    .toSorted()
    .join('&')
  const canonicalHeaders = signedHeaders
    .map((name) => {
      const value = name === 'host' ? url.host : (headers.get(name) ?? '')
      return `${name}:${value.trim().replaceAll(/ +/g, ' ')}\n`
    })
    .join('')
  const canonical = [method, path, query, canonicalHeaders, signedHeaders.join(';'), sha256(body)].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers.get('x-amz-date') ?? '', scope, sha256(canonical)].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request')
  return createHmac('sha256', key).update(toSign, 'utf8').digest('hex')
}
