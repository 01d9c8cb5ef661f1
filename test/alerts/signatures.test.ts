import { describe, it } from 'vitest'
import { sources } from '../../src/alerts'
import { settingsFor } from '../../src/alerts/settings'
import type { AlertSource } from '../../src/alerts/source'
import { verifySignature, type SignedRequest } from '../../src/alerts/verify'
import { joinBytes, utf8 } from '../../src/lib/hmac'
import { signedHeaders } from '../support/sign'

const NOW = 1_767_225_600_000
const SECRET = 'whsec_YXVyb3JhLXN2aXgtdGVzdC1rZXktMDAw'
/** Schemes that sign with a shared secret. */
const signing = sources.filter(({ scheme }) => scheme !== 'token' && scheme !== 'sns')
const stamped = signing.filter(({ scheme }) => ['aurora-v1', 'svix'].includes(scheme))

interface Case {
  readonly body?: Uint8Array
  readonly sent?: Uint8Array
  readonly secret?: string
  readonly now?: number
  readonly change?: (headers: Headers) => void
}

/** Signs `body` for the source, sends `sent` instead of it, and judges. */
async function verdictOf(source: AlertSource, given: Case = {}) {
  const body = given.body ?? utf8(JSON.stringify(source.example))
  const headers = await signedHeaders(source.scheme, SECRET, body, NOW)
  given.change?.(headers)
  const request: SignedRequest = {
    scheme: source.scheme,
    headers,
    body: given.sent ?? body,
    secrets: [given.secret ?? SECRET],
    settings: settingsFor(source, {}),
    now: given.now ?? NOW,
  }
  return verifySignature(request)
}

const signatureHeader = (headers: Headers): string => {
  const name = [...headers.keys()].find((key) => key.includes('signature'))
  if (name === undefined) throw new Error('no signature')
  return name
}
const changed = (edit: (text: string) => string) => (headers: Headers) => {
  const name = signatureHeader(headers)
  headers.set(name, edit(headers.get(name) ?? ''))
}

describe.each(signing.map((source) => [source.slug, source] as const))('a signature of %s', (_, source) => {
  it('is right over the bytes that were sent, whatever they are', async ({ expect }) => {
    expect(await verdictOf(source)).toBe('valid')
    const binary = Uint8Array.from({ length: 1024 }, (_, index) => index % 256)
    expect(await verdictOf(source, { body: binary })).toBe('valid')
    expect(await verdictOf(source, { body: new Uint8Array() })).toBe('valid')
    expect(await verdictOf(source, { body: utf8('{"title":"Störung 過負荷"}') })).toBe('valid')
  })

  it('is wrong under another secret, and absent without its header', async ({ expect }) => {
    expect(await verdictOf(source, { secret: 'whsec_d3Jvbmc=' })).toBe('invalid')
    expect(await verdictOf(source, { change: (headers) => headers.delete(signatureHeader(headers)) })).toBe(
      'absent',
    )
  })

  it('is wrong when it is cut, empty or of another kind', async ({ expect }) => {
    expect(await verdictOf(source, { change: changed((text) => text.slice(0, -2)) })).toBe('invalid')
    expect(await verdictOf(source, { change: changed(() => '') })).toBe('invalid')
    expect(await verdictOf(source, { change: changed(() => 'v9=zz') })).toBe('invalid')
  })

  it('is wrong when the same JSON is written in another order, or a byte is added', async ({ expect }) => {
    const body = utf8(JSON.stringify({ b: 1, a: [{ y: 1, x: 2 }] }))
    const reordered = utf8(JSON.stringify({ a: [{ x: 2, y: 1 }], b: 1 }))
    expect(await verdictOf(source, { body, sent: body })).toBe('valid')
    expect(await verdictOf(source, { body, sent: reordered })).toBe('invalid')
    expect(await verdictOf(source, { body, sent: joinBytes(body, utf8('\n')) })).toBe('invalid')
  })
})

describe.each(stamped.map((source) => [source.slug, source] as const))('a timestamp of %s', (_, source) => {
  it('may be 300 seconds off, and not 301', async ({ expect }) => {
    for (const off of [300_000, -300_000]) expect(await verdictOf(source, { now: NOW + off })).toBe('valid')
    for (const off of [301_000, -301_000]) expect(await verdictOf(source, { now: NOW + off })).toBe('stale')
  })

  it('cannot be renewed without the secret', async ({ expect }) => {
    const change = (headers: Headers): void => {
      const name = [...headers.keys()].find((key) => key.endsWith('timestamp')) ?? ''
      headers.set(name, String(NOW / 1000 + 600))
    }
    expect(await verdictOf(source, { change, now: NOW + 600_000 })).toBe('invalid')
  })
})

describe('the default of every source', () => {
  it('is the documented one', ({ expect }) => {
    const documented: Readonly<Record<string, readonly [string, string]>> = {
      pagerduty: ['pd-v1', 'required'],
      sentry: ['sentry', 'required'],
      incidentio: ['svix', 'required'],
      cloudwatch: ['sns', 'required'],
      jenkins: ['aurora-v1', 'required'],
      cloudbees: ['aurora-v1', 'required'],
      spinnaker: ['aurora-v1', 'required'],
      grafana: ['grafana', 'if_configured'],
      jira: ['hub-sha256', 'if_configured'],
      generic: ['aurora-v1', 'if_configured'],
      cloudevents: ['aurora-v1', 'if_configured'],
    }
    for (const { slug, scheme, defaultVerification, verificationFixed } of sources) {
      const expected = documented[slug] ?? ['token', 'token_only']
      expect([slug, scheme, defaultVerification]).toEqual([slug, ...expected])
      expect([slug, verificationFixed ?? false]).toEqual([slug, scheme === 'token'])
    }
  })
})
