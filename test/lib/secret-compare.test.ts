import { describe, it } from 'vitest'
import { matchesSecret } from '../../src/lib/secret-compare'

describe('a shared secret', () => {
  it('matches the current one and the previous one', async ({ expect }) => {
    expect(await matchesSecret('new', ['new', 'old'])).toBe(true)
    expect(await matchesSecret('old', ['new', 'old'])).toBe(true)
  })

  it('matches nothing else, whatever its length', async ({ expect }) => {
    for (const given of ['', 'ne', 'neW', 'newer', 'new,old', 'undefined'])
      expect(await matchesSecret(given, ['new', 'old'])).toBe(false)
  })

  it('is never one that is unset or empty', async ({ expect }) => {
    expect(await matchesSecret('', ['', undefined])).toBe(false)
    expect(await matchesSecret('undefined', [undefined])).toBe(false)
    expect(await matchesSecret('x', [])).toBe(false)
  })
})
