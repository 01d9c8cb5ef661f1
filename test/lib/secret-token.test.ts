import { describe, it } from 'vitest'
import { newSecretToken } from '../../src/lib/secret-token'

describe('a secret token', () => {
  it('is its prefix and 256 random bits that fit into a header and an address', ({ expect }) => {
    const tokens = new Set(Array.from({ length: 200 }, () => newSecretToken('aur_x_')))
    expect(tokens.size).toBe(200)
    for (const token of tokens) expect(token).toMatch(/^aur_x_[A-Za-z0-9_-]{43}$/)
  })
})
