import { describe, it } from 'vitest'
import { hashPassword, verifyPassword, type VerifyOutcome } from '../../src/lib/passwords'

const settings = { BCRYPT_COST: '4' }
const MATCH: VerifyOutcome = { ok: true, matches: true }
const NO_MATCH: VerifyOutcome = { ok: true, matches: false }

async function hashOf(password: string, cost = '4'): Promise<string> {
  const outcome = await hashPassword({ BCRYPT_COST: cost }, password)
  if (!outcome.ok) throw new Error(outcome.code)
  return outcome.hash
}

describe('a password', () => {
  it('matches its own hash and no other', async ({ expect }) => {
    const stored = await hashOf('correct horse')
    expect(await verifyPassword(settings, 'correct horse', stored)).toEqual(MATCH)
    expect(await verifyPassword(settings, 'correct horsE', stored)).toEqual(NO_MATCH)
    expect(await hashOf('correct horse')).not.toBe(stored)
  })

  it('counts to its last byte, however long', async ({ expect }) => {
    const head = 'x'.repeat(72)
    const stored = await hashOf(`${head}a`)
    expect(await verifyPassword(settings, `${head}a`, stored)).toEqual(MATCH)
    expect(await verifyPassword(settings, `${head}b`, stored)).toEqual(NO_MATCH)
    expect(await verifyPassword(settings, head, stored)).toEqual(NO_MATCH)
  })

  it('is measured in bytes, not in letters', async ({ expect }) => {
    const head = 'ü'.repeat(36)
    expect(await verifyPassword(settings, `${head}b`, await hashOf(`${head}a`))).toEqual(NO_MATCH)
    expect(await verifyPassword(settings, head, await hashOf(head))).toEqual(MATCH)
  })

  it('of more than 72 bytes is base64 of its SHA-256 to bcrypt', async ({ expect }) => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('y'.repeat(73)))
    const stored = await hashOf(new Uint8Array(digest).toBase64())
    expect(await verifyPassword(settings, 'y'.repeat(73), stored)).toEqual(MATCH)
  })

  it('is verified against hashes made elsewhere', async ({ expect }) => {
    // A published test vector of bcrypt, with the three prefixes in use.
    for (const prefix of ['$2a$', '$2b$', '$2y$']) {
      const stored = `${prefix}05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`
      expect(await verifyPassword(settings, 'U*U', stored)).toEqual(MATCH)
      expect(await verifyPassword(settings, 'U*U*', stored)).toEqual(NO_MATCH)
    }
  })

  it('never matches an unknown account or a stored text that is no hash', async ({ expect }) => {
    for (const stored of [null, '', 'plain', '$2b$04$short', '$1$abc'])
      expect(await verifyPassword(settings, 'plain', stored)).toEqual(NO_MATCH)
  })

  it('is hashed at the configured cost, or 10 where that makes no sense', async ({ expect }) => {
    expect(await hashOf('p', '5')).toMatch(/^\$2b\$05\$/)
    for (const bad of ['', '3', '31', 'ten']) expect(await hashOf('p', bad)).toMatch(/^\$2b\$10\$/)
  })
})

describe('a crowd of passwords', () => {
  it('gets two hashes at once; who cannot wait is told so, and later there is room again', async ({
    expect,
  }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => hashPassword(settings, 'p', { waitMs: 0 })),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2)
    expect(outcomes.filter(({ ok }) => !ok)).toEqual(
      Array.from({ length: 4 }, () => ({ ok: false, code: 'busy' })),
    )
    expect((await hashPassword(settings, 'p', { waitMs: 0 })).ok).toBe(true)
  })

  it('is served one after another by those who wait', async ({ expect }) => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => verifyPassword(settings, 'p', null)))
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => NO_MATCH))
  })
})
