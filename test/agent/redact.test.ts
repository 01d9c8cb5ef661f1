import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { isSecretKey, redact } from '../../src/agent/redact'

const A40 = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12'
const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA7bq0xYz\n'.repeat(60)}-----END RSA PRIVATE KEY-----`

/** Text, the secret in it, the rule that must strike. */
const SECRETS: readonly (readonly [string, string, string])[] = [
  [`key: ${PEM} done`, 'MIIEpAIBAAKCAQEA7bq0xYz', 'private_key'],
  ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN from x', 'eyJhbGciOiJIUzI1NiJ9', 'jwt'],
  ['Authorization: Token abc-123-xyz', 'abc-123-xyz', 'auth_header'],
  ['"authorization": "Digest username=bob"', 'username=bob', 'auth_header'],
  ['sent Bearer abcDEF123456ghi to it', 'abcDEF123456ghi', 'auth_header'],
  ['curl -H basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA==', 'auth_header'],
  ['Cookie: session=0123; theme=dark', 'session=0123', 'auth_header'],
  ['set-cookie: sid=s3cr3t; HttpOnly', 'sid=s3cr3t', 'auth_header'],
  ['x-api-key: 8f7e6d5c', '8f7e6d5c', 'auth_header'],
  ['id AKIAIOSFODNN7EXAMPLE here', 'AKIAIOSFODNN7EXAMPLE', 'cloud_key'],
  ['temporary ASIAIOSFODNN7EXAMPLE', 'ASIAIOSFODNN7EXAMPLE', 'cloud_key'],
  [`aws secret access is ${A40}`, A40, 'cloud_key'],
  ['maps AIzaSyA1234567890abcdefghijklmnopqrstuv', 'AIzaSyA1234567890abcdefghijklmnopqrstuv', 'cloud_key'],
  ['AccountName=a;AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFy==;', 'Zm9vYmFyYmF6cXV4Zm9vYmFy', 'cloud_key'],
  [`pushed with ghp_${'a1B2'.repeat(9)}`, 'ghp_a1B2', 'vendor_token'],
  [`server gho_${'a1B2'.repeat(9)} and ghs_${'c3D4'.repeat(9)}`, 'c3D4', 'vendor_token'],
  [`pat github_pat_${'a1B2'.repeat(8)}`, 'github_pat_a1', 'vendor_token'],
  ['gitlab glpat-abcdefghij1234567890', 'glpat-abcdefghij', 'vendor_token'],
  ['slack xoxb-123456789012-abcdef', 'xoxb-123456789012', 'vendor_token'],
  ['stripe sk_live_abcdefgh12345678', 'sk_live_abcdefgh', 'vendor_token'],
  ['model sk-proj-abcdefghij1234567890', 'sk-proj-abcdefghij', 'vendor_token'],
  ['relic NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZ1', 'NRAK-ABCDEFG', 'vendor_token'],
  [`dyna dt0c01.${'A1B2C3'.repeat(4)}.${'D4E5F6G7'.repeat(8)}`, 'dt0c01.A1', 'vendor_token'],
  [`shop shpat_${'0a1b2c3d'.repeat(4)}`, 'shpat_0a1b', 'vendor_token'],
  ['postgres://app:hunter2@db.internal:5432/x', 'hunter2', 'connection_string'],
  ['redis://:p4ssw0rd@cache:6379', 'p4ssw0rd', 'connection_string'],
  ['password=hunter2 next', 'hunter2', 'assignment'],
  ['DB_PASSWD: hunter2', 'hunter2', 'assignment'],
  ['{"client_secret":"abc def"}', 'abc def', 'assignment'],
  ['{\\"apiKey\\": \\"q1w2e3\\"}', 'q1w2e3', 'assignment'],
  ['api_key = q1w2e3, more', 'q1w2e3', 'assignment'],
  ["pwd='two words'", 'two words', 'assignment'],
  ['?token=q1w2e3&x=1', 'q1w2e3', 'assignment'],
  ['paid with 4111 1111 1111 1111 today', '4111 1111 1111 1111', 'card'],
  ['amex 378282246310005', '378282246310005', 'card'],
  ['hook aw0123456789abcdefABCDEFghijklmn', '0123456789abcdefABCDEFghijklmn', 'own_secret'],
]

describe('redaction', () => {
  for (const [text, secret, rule] of SECRETS) {
    it(`takes out ${rule} in: ${text.slice(0, 40)}`, ({ expect }) => {
      const redacted = redact(text)
      expect(redacted).not.toContain(secret)
      expect(redacted).toContain(`[REDACTED:${rule}]`)
    })
  }

  it('keeps what only looks like a secret', ({ expect }) => {
    for (const text of [
      'checkout-api fired HighErrorRate at 10:02:30',
      'basic functionality is broken and bearer authentication failed',
      'the token bucket is empty; secrets manager is slow',
      'commit 9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c',
      'id 0199f2a6-0d21-7f32-9b43-5c545d565e76',
      'at 1767261750000 and 1767261750000000000',
      'order 4111111111111112',
      'https://jenkins.example.com:8080/job/x@2/',
      'task-runner disk-usage-of-very-long-name-1234567890',
    ]) {
      expect(redact(text)).toBe(text)
    }
  })

  it('takes out the secrets of the connection in use', ({ expect }) => {
    expect(redact('got plain-value-1 and plain-value-1', ['plain-value-1'])).toBe(
      'got [REDACTED:own_secret] and [REDACTED:own_secret]',
    )
  })

  it('finds every secret that the end of a window cuts in two, wherever it cuts', ({ expect }) => {
    const token = `eyJhbGciOiJSUzI1NiJ9.eyJ${'aB3'.repeat(2600)}.${'Zz9_'.repeat(90)}`
    for (const text of [...SECRETS.map(([whole]) => whole), token])
      for (const share of [0.02, 0.3, 0.6, 0.98]) {
        const before = ' x'.repeat(32_768).slice(Math.floor(text.length * share))
        const after = `\n${' y'.repeat(600)}`
        expect(redact(`${before}\n${text}${after}`)).toBe(`${before}\n${redact(text)}${after}`)
      }
  })

  it('finds a key that begins a little before a window ends and is longer than the overlap', ({ expect }) => {
    for (const before of [65_500, 65_000, 64_100]) {
      expect(redact(`${'-'.repeat(before - 1)} ${PEM}${' z'.repeat(5000)}`)).not.toContain('MIIE')
    }
  })

  it('changes nothing the second time', ({ expect }) => {
    for (const [text] of SECRETS) expect(redact(redact(text))).toBe(redact(text))
  })

  it('is total and leaves plain words alone', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(typeof redact(text)).toBe('string')
      }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('alert', 'service', 'cpu', '42', 'is', 'high'), { maxLength: 30 }),
        (words) => {
          expect(redact(words.join(' '))).toBe(words.join(' '))
        },
      ),
    )
  })

  it('knows the names of secret members', ({ expect }) => {
    for (const key of [
      'password',
      'dbPassword',
      'API_KEY',
      'x-api-key',
      'accessToken',
      'Authorization',
      'client_secret',
      'X-Aurora-Token',
    ]) {
      expect(isSecretKey(key)).toBe(true)
    }
    for (const key of ['title', 'tokens', 'keyboard', 'secretary', 'passwordPolicy'])
      expect(isSecretKey(key)).toBe(false)
  })
})
