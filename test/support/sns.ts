/** A signer as Amazon SNS has one: an RSA key pair with a certificate that it signed itself. */
import { canonicalText, type SnsMessage } from '../../src/alerts/sns'
import { joinBytes, utf8 } from '../../src/lib/hmac'
import { DAY } from '../../src/lib/time'

type Bytes = Uint8Array<ArrayBuffer>

export const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:aurora-alarms'
const CERTIFICATE = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-'

/** A signer whose certificate is valid from a day before `from` until a day after `to` (ms). */
export async function anSnsSigner({ from = Date.now(), to }: { from?: number; to?: number } = {}) {
  const keys = await generate()
  const pem = await certificateOf(keys, from - DAY, (to ?? from) + DAY)
  const certificateUrl = `${CERTIFICATE}${crypto.randomUUID()}.pem`
  const visited: string[] = []
  let failing = false
  return {
    pem,
    certificateUrl,
    visited,
    /** Serves the certificate, and 200 for everything else. */
    http: async (input: RequestInfo | URL): Promise<Response> => {
      const { url } = new Request(input)
      visited.push(url)
      if (failing) throw new Error('no network')
      return new Response(url === certificateUrl ? pem : 'ok')
    },
    /** From now on nothing can be fetched. */
    fail: () => {
      failing = true
    },
    /** The message with its signature. */
    sign: async (message: SnsMessage, version: '1' | '2' = '2'): Promise<SnsMessage> => ({
      ...message,
      SignatureVersion: version,
      Signature: (await signed(keys, version, utf8(canonicalText(message)))).toBase64(),
      SigningCertURL: certificateUrl,
    }),
  }
}

export const aNotification = (changes: Partial<SnsMessage> = {}): SnsMessage => ({
  Type: 'Notification',
  MessageId: crypto.randomUUID(),
  TopicArn: TOPIC,
  Subject: 'ALARM: "checkout-api-5xx"',
  Message: JSON.stringify({ AlarmName: 'checkout-api-5xx', NewStateValue: 'ALARM' }),
  Timestamp: new Date().toISOString(),
  ...changes,
})

export const aConfirmation = (changes: Partial<SnsMessage> = {}): SnsMessage => ({
  Type: 'SubscriptionConfirmation',
  MessageId: crypto.randomUUID(),
  TopicArn: TOPIC,
  Message: 'You have chosen to subscribe to the topic.',
  Timestamp: new Date().toISOString(),
  Token: 'token-of-the-subscription',
  SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t',
  ...changes,
})

async function generate(): Promise<{ readonly spki: Bytes; readonly pkcs8: Bytes }> {
  const pair = await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    },
    true,
    ['sign', 'verify'],
  )
  if (!('publicKey' in pair)) throw new Error('not a key pair')
  const exported = async (format: 'spki' | 'pkcs8', key: CryptoKey): Promise<Bytes> => {
    const bytes = await crypto.subtle.exportKey(format, key)
    if (!(bytes instanceof ArrayBuffer)) throw new Error('not bytes')
    return new Uint8Array(bytes)
  }
  return { spki: await exported('spki', pair.publicKey), pkcs8: await exported('pkcs8', pair.privateKey) }
}

async function signed({ pkcs8 }: { readonly pkcs8: Bytes }, version: '1' | '2', data: Bytes): Promise<Bytes> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: version === '1' ? 'SHA-1' : 'SHA-256' }
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, data))
}

// X.509 in DER (RFC 5280, section 4.1; X.690), as little of it as a certificate needs.
const SHA256_WITH_RSA = der(0x30, bytes('06092a864886f70d01010b0500'))
const COMMON_NAME = bytes('0603550403')

async function certificateOf(
  keys: { readonly spki: Bytes; readonly pkcs8: Bytes },
  from: number,
  to: number,
): Promise<string> {
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, utf8('sns.amazonaws.com')))))
  const body = der(
    0x30,
    der(0xa0, bytes('020102')),
    bytes('020101'),
    SHA256_WITH_RSA,
    name,
    der(0x30, utcTime(from), utcTime(to)),
    name,
    keys.spki,
  )
  const signature = der(0x03, bytes('00'), await signed(keys, '2', body))
  const lines = der(0x30, body, SHA256_WITH_RSA, signature).toBase64().replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** `YYMMDDHHMMSSZ` */
const utcTime = (time: number): Bytes =>
  der(0x17, utf8(`${new Date(time).toISOString().slice(2, 19).replaceAll(/\D/g, '')}Z`))

function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const content = joinBytes(...parts)
  const { length } = content
  const header =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256]
  return joinBytes(Uint8Array.of(tag, ...header), content)
}

function bytes(hex: string): Bytes {
  return Uint8Array.fromHex(hex)
}
