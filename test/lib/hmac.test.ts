import { describe, it } from 'vitest'
import {
  bytesFromBase64,
  bytesFromHex,
  hmacSha256Hex,
  hmacSha256Matches,
  joinBytes,
  sameSecret,
  sha256Hex,
  utf8,
} from '../../src/lib/hmac'

describe('hashes', () => {
  it('give the documented hash of an ingest token', async ({ expect }) => {
    expect(await sha256Hex('awK3vQ9mZt7LrXc2Yb8NfPs5HdJg4TwE')).toBe(
      'bcd582f3d358e51cd5db78d05a6408e2207d1c93c74db2aceaaea7ec87c1baa3',
    )
  })

  it('are the same for a text and for its UTF-8 bytes', async ({ expect }) => {
    expect(await sha256Hex(utf8('Störung'))).toBe(await sha256Hex('Störung'))
  })
})

describe('message authentication', () => {
  it('accepts its own code and no other', async ({ expect }) => {
    const code = bytesFromHex(await hmacSha256Hex('secret', 'body')) ?? new Uint8Array()
    expect(await hmacSha256Matches('secret', code, 'body')).toBe(true)
    expect(await hmacSha256Matches('secret', code, 'Body')).toBe(false)
    expect(await hmacSha256Matches('Secret', code, 'body')).toBe(false)
    expect(await hmacSha256Matches('secret', code.slice(0, 31), 'body')).toBe(false)
    expect(await hmacSha256Matches('secret', new Uint8Array(), 'body')).toBe(false)
  })

  it('lets an empty secret match nothing', async ({ expect }) => {
    expect(await hmacSha256Matches('', new Uint8Array(32), 'body')).toBe(false)
  })
})

describe('comparing secrets', () => {
  it('tells equal from different, whatever their lengths', async ({ expect }) => {
    expect(await sameSecret('abc', 'abc')).toBe(true)
    expect(await sameSecret('abc', 'abd')).toBe(false)
    expect(await sameSecret('abc', 'abcd')).toBe(false)
    expect(await sameSecret('', 'a')).toBe(false)
  })
})

describe('reading bytes', () => {
  it('takes hex of any case and refuses everything else', ({ expect }) => {
    expect(bytesFromHex('00fF')).toEqual(new Uint8Array([0, 255]))
    for (const bad of ['', '0', 'zz', '0x00', ' 00']) expect(bytesFromHex(bad)).toBeNull()
  })

  it('takes base64 with or without padding and refuses everything else', ({ expect }) => {
    expect(bytesFromBase64('AP8=')).toEqual(new Uint8Array([0, 255]))
    expect(bytesFromBase64('AP8')).toEqual(new Uint8Array([0, 255]))
    for (const bad of ['', '=', 'A', 'AP8=AP8=', 'a b', '-_']) expect(bytesFromBase64(bad)).toBeNull()
  })

  it('joins parts in order', ({ expect }) => {
    expect(joinBytes(utf8('a'), new Uint8Array(), utf8('bc'))).toEqual(utf8('abc'))
  })
})
