import { describe, it } from 'vitest'
import { amazonUrl, canonicalText, certificateUrl, readSnsMessage } from '../../src/alerts/sns'
import { CertificateUnavailable, SnsVerifier } from '../../src/alerts/sns-signature'
import { sha256Hex, utf8 } from '../../src/lib/hmac'
import { DAY, SECOND } from '../../src/lib/time'
import { aConfirmation, aNotification, anSnsSigner } from '../support/sns'

const now = Date.parse('2026-01-01T10:04:45.000Z')
const Timestamp = '2026-01-01T10:02:37.101Z'
const signer = async () => anSnsSigner({ from: now })

describe('the text that Amazon signs', () => {
  it('is this for the documented message', async ({ expect }) => {
    const text = canonicalText({
      Type: 'Notification',
      MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
      TopicArn: 'arn:aws:sns:eu-west-1:123456789012:aurora-alarms',
      Subject: 'ALARM: "checkout-api-5xx" in EU (Ireland)',
      Message: '{"AlarmName":"checkout-api-5xx","NewStateValue":"ALARM"}',
      Timestamp,
    })
    expect(utf8(text)).toHaveLength(273)
    expect(await sha256Hex(text)).toBe('4214df1f300e4fd4cd4fce7c48a144784f695dc9dd040a83947003acaccc53f2')
  })

  it('leaves out an absent subject, and names the fields of a subscription', ({ expect }) => {
    const { Subject: _, ...bare } = aNotification()
    expect(canonicalText(bare)).not.toContain('Subject')
    const names = canonicalText(aConfirmation())
      .split('\n')
      .filter((_, index) => index % 2 === 0)
    const expected = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type', '']
    expect(names).toEqual(expected)
  })
})

describe("Amazon's signature", () => {
  it.for(['1', '2'] as const)(
    'of version %s is valid, of notifications and subscriptions',
    async (version, { expect }) => {
      const sns = await signer()
      const verifier = new SnsVerifier(sns.http)
      for (const message of [aNotification({ Timestamp }), aConfirmation({ Timestamp })])
        expect(await verifier.verify(await sns.sign(message, version), now)).toBe('valid')
    },
  )

  it('is wrong over any other field, of any other version and of any other signer', async ({ expect }) => {
    const [sns, other] = [await signer(), await signer()]
    const verifier = new SnsVerifier(sns.http)
    const signed = await sns.sign(aConfirmation({ Timestamp }))
    const topic = 'arn:aws:sns:eu-west-1:123456789012:another'
    for (const changes of [
      { Message: 'x' },
      { MessageId: 'x' },
      { SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?x' },
      { Timestamp: '2026-01-01T10:02:37.102Z' },
      { Token: 'x' },
      { TopicArn: topic },
      { Type: 'UnsubscribeConfirmation' as const },
      { SignatureVersion: '1' },
      { SignatureVersion: '3' },
      { Signature: signed.Signature?.slice(0, -4) ?? '' },
      { Signature: '' },
      { Signature: 'no base64!' },
      { Signature: (await other.sign(aConfirmation({ Timestamp }))).Signature ?? '' },
    ])
      expect([changes, await verifier.verify({ ...signed, ...changes }, now)]).toEqual([changes, 'invalid'])
  })

  it('is absent when there is none', async ({ expect }) => {
    const sns = await signer()
    expect(await new SnsVerifier(sns.http).verify(aNotification(), now)).toBe('absent')
    expect(sns.visited).toEqual([])
  })

  it('may be two hours old', async ({ expect }) => {
    const sns = await signer()
    const verifier = new SnsVerifier(sns.http)
    const sent = Date.parse(Timestamp)
    const signed = await sns.sign(aNotification({ Timestamp }))
    expect(await verifier.verify(signed, sent + 7200 * SECOND)).toBe('valid')
    expect(await verifier.verify(signed, sent + 7200 * SECOND + 1)).toBe('stale')
    const undated = await sns.sign(aNotification({ Timestamp: 'yesterday' }))
    expect(await verifier.verify(undated, now)).toBe('stale')
  })

  it('counts only while its certificate is valid', async ({ expect }) => {
    for (const at of [now + 3 * DAY, now - 3 * DAY]) {
      const sns = await anSnsSigner({ from: at })
      const signed = await sns.sign(aNotification({ Timestamp }))
      expect(await new SnsVerifier(sns.http).verify(signed, now)).toBe('invalid')
    }
  })

  it('is judged with a certificate that is fetched once a day', async ({ expect }) => {
    const sns = await anSnsSigner({ from: now, to: now + DAY })
    const verifier = new SnsVerifier(sns.http)
    const at = async (time: number) =>
      verifier.verify(await sns.sign(aNotification({ Timestamp: new Date(time).toISOString() })), time)
    expect(await at(now)).toBe('valid')
    expect(await at(now + DAY - 1)).toBe('valid')
    expect(sns.visited).toEqual([sns.certificateUrl])
    expect(await at(now + DAY)).toBe('valid')
    expect(sns.visited).toHaveLength(2)
  })

  it('is not judged while its certificate cannot be had', async ({ expect }) => {
    const sns = await signer()
    const signed = await sns.sign(aNotification({ Timestamp }))
    const answers: readonly (() => Promise<Response>)[] = [
      async () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } }),
      async () => new Response('gone', { status: 404 }),
      async () => new Response('x'.repeat(65_537)),
      async () => new Response(null),
      async () => Promise.reject(new Error('timeout')),
    ]
    for (const http of answers) {
      let sent: RequestInit | undefined
      const verifier = new SnsVerifier((_, init) => {
        sent = init
        return http()
      })
      await expect(verifier.verify(signed, now)).rejects.toThrow(CertificateUnavailable)
      expect([sent?.redirect, sent?.signal instanceof AbortSignal]).toEqual(['manual', true])
    }
    expect(await new SnsVerifier(async () => new Response('no certificate')).verify(signed, now)).toBe(
      'invalid',
    )
  })
})

describe('the addresses that a message may name', () => {
  const path = 'SimpleNotificationService-1.pem'

  it('are those of SNS', ({ expect }) => {
    for (const host of [
      'sns.eu-west-1.amazonaws.com',
      'sns.cn-north-1.amazonaws.com.cn',
      'sns.us-gov-west-1.amazonaws.com',
    ])
      expect(certificateUrl(`https://${host}/${path}`)?.hostname).toBe(host)
    expect(certificateUrl('https://sns.eu-west-1.amazonaws.com/x.crt')).toBeNull()
    expect(amazonUrl('https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription')).not.toBeNull()
  })

  it('are never anything else, and nothing else is fetched', async ({ expect }) => {
    const sns = await signer()
    const signed = await sns.sign(aNotification({ Timestamp }))
    for (const base of [
      'http://sns.eu-west-1.amazonaws.com',
      'https://sns.eu-west-1.amazonaws.com:8443',
      'https://user@sns.eu-west-1.amazonaws.com',
      'https://sns.eu-west-1.amazonaws.com.evil.example',
      'https://sns.amazonaws.com',
      'https://sns.a.b.amazonaws.com',
      'https://evil.example/sns.eu-west-1.amazonaws.com',
      'https://snsxeu-west-1.amazonaws.com',
      'https://127.0.0.1',
      'nonsense',
    ]) {
      const SigningCertURL = `${base}/${path}`
      expect([base, amazonUrl(SigningCertURL)]).toEqual([base, null])
      expect(await new SnsVerifier(sns.http).verify({ ...signed, SigningCertURL }, now)).toBe('invalid')
    }
    expect(sns.visited).toEqual([])
  })
})

describe('the envelope', () => {
  it('is read only when it is whole', ({ expect }) => {
    expect(readSnsMessage(aNotification({ Subject: null }))?.Type).toBe('Notification')
    for (const changes of [{ Type: 'Other' }, { TopicArn: 'topic' }, { Message: 5 }, { MessageId: '' }])
      expect(readSnsMessage({ ...aNotification(), ...changes })).toBeNull()
    for (const body of [null, [], 'text', {}]) expect(readSnsMessage(body)).toBeNull()
  })
})
