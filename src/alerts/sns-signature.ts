/** Verification of Amazon's signature under the certificate that the message names. */
import { X509Certificate } from 'node:crypto'
import { bytesFromBase64, utf8 } from '../lib/hmac'
import { readBody } from '../lib/read-body'
import { DAY, SECOND } from '../lib/time'
import { canonicalText, certificateUrl, type SnsMessage } from './sns'
import { parseTime } from './times'
import type { Verdict } from './verify'

/** SNS itself retries for up to an hour. */
const OLDEST = 7200 * SECOND
const FETCH_TIMEOUT = 5 * SECOND
const LARGEST_CERTIFICATE = 65_536
const KEPT = DAY
const MOST_KEPT = 100

type Hash = 'SHA-1' | 'SHA-256'
const HASHES: ReadonlyMap<string, Hash> = new Map<string, Hash>([
  ['1', 'SHA-1'],
  ['2', 'SHA-256'],
])

interface Certificate {
  readonly spki: Uint8Array<ArrayBuffer>
  readonly validFrom: number
  readonly validTo: number
  readonly fetchedAt: number
}

/** The certificate could not be had: not the sender's fault, so the delivery is to be sent again. */
export class CertificateUnavailable extends Error {
  override readonly name = 'CertificateUnavailable'
}

/** Judges messages of SNS; keeps the certificates that it fetched for a day. */
export class SnsVerifier {
  private readonly http: typeof fetch
  private readonly known = new Map<string, Certificate>()

  constructor(http: typeof fetch) {
    this.http = http
  }

  /**
   * `absent` when the message carries no signature, `stale` when a right one is too old.
   * @throws CertificateUnavailable
   */
  async verify(sns: SnsMessage, now: number): Promise<Verdict> {
    if (sns.Signature === undefined) return 'absent'
    const signature = bytesFromBase64(sns.Signature)
    const hash = HASHES.get(sns.SignatureVersion ?? '')
    const url = certificateUrl(sns.SigningCertURL)
    if (signature === null || hash === undefined || url === null) return 'invalid'
    const certificate = await this.certificate(url, now)
    if (certificate === null || now < certificate.validFrom || now > certificate.validTo) return 'invalid'
    if (!(await matches(certificate.spki, hash, signature, utf8(canonicalText(sns))))) return 'invalid'
    const sentAt = parseTime(sns.Timestamp)
    return sentAt !== null && now - sentAt <= OLDEST ? 'valid' : 'stale'
  }

  /** Null when what lies at the address is no certificate. */
  private async certificate(url: URL, now: number): Promise<Certificate | null> {
    const known = this.known.get(url.href)
    if (known !== undefined && now - known.fetchedAt < KEPT) return known
    const read = readCertificate(await this.download(url), now)
    if (read === null) return null
    const [oldest] = this.known.keys()
    if (this.known.size >= MOST_KEPT && oldest !== undefined) this.known.delete(oldest)
    this.known.set(url.href, read)
    return read
  }

  private async download(url: URL): Promise<string> {
    const { http } = this
    try {
      const response = await http(url.href, {
        redirect: 'manual',
        signal: AbortSignal.timeout(FETCH_TIMEOUT),
      })
      if (response.status !== 200) throw new Error(`status ${response.status}`)
      const bytes = await readBody(response, LARGEST_CERTIFICATE)
      if (bytes === null || bytes === 'too_large') throw new Error('no certificate in the answer')
      return new TextDecoder().decode(bytes)
    } catch (error) {
      throw new CertificateUnavailable('the signing certificate could not be fetched', { cause: error })
    }
  }
}

function readCertificate(pem: string, now: number): Certificate | null {
  try {
    const certificate = new X509Certificate(pem)
    return {
      spki: new Uint8Array(certificate.publicKey.export({ type: 'spki', format: 'der' })),
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
      fetchedAt: now,
    }
  } catch {
    return null
  }
}

async function matches(
  spki: Uint8Array<ArrayBuffer>,
  hash: Hash,
  signature: Uint8Array<ArrayBuffer>,
  text: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash }
  try {
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
    return await crypto.subtle.verify(algorithm, key, signature, text)
  } catch {
    // Another kind of key than Amazon's.
    return false
  }
}
