import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { isRevoked, mergeNotBefore, type NotBefore, type Sessions } from '../../src/objects/gate-sessions'

const T = 1_767_225_600_000
const after = (notBefore: NotBefore | null, revoked: readonly string[] = []): Sessions => ({
  revoked: new Map(revoked.map((sid) => [sid, T])),
  notBefore,
  mustChangePassword: false,
})

describe('revocation', () => {
  it('strikes the sessions opened before the event, to the millisecond', ({ expect }) => {
    const state = after({ at: T, spared: null })
    expect(isRevoked(state, newId(T - 1))).toBe(true)
    expect(isRevoked(state, newId(T))).toBe(false)
    expect(isRevoked(state, newId(T + 1))).toBe(false)
  })

  it('spares the session that caused the event, unless it was revoked itself', ({ expect }) => {
    const caller = newId(T - 1000)
    expect(isRevoked(after({ at: T, spared: caller }), caller)).toBe(false)
    expect(isRevoked(after({ at: T, spared: caller }, [caller]), caller)).toBe(true)
  })

  it('of an access token is its own alone; events only outdate what was read of it', ({ expect }) => {
    const token = newId(T - 1000)
    const state = after({ at: T, spared: null })
    expect(isRevoked(state, token, T - 1)).toBe(true)
    expect(isRevoked(state, token, T)).toBe(true)
    expect(isRevoked(state, token, T + 1)).toBe(false)
    expect(isRevoked(after(null), token, 0)).toBe(false)
    expect(isRevoked(after(null, [token]), token, Infinity)).toBe(true)
  })

  it('of two events revokes what both revoke, in any order of arrival', ({ expect }) => {
    const moment = fc.integer({ min: 0, max: 5 })
    fc.assert(
      fc.property(
        fc.array(moment, { minLength: 2, maxLength: 6 }),
        moment,
        moment,
        fc.nat(6),
        fc.nat(6),
        (births, a, b, i, j) => {
          const sids = births.map((birth) => newId(T + birth))
          const one: NotBefore = { at: T + a, spared: sids[i] ?? null }
          const two: NotBefore = { at: T + b, spared: sids[j] ?? null }
          for (const sid of sids) {
            const either = isRevoked(after(one), sid) || isRevoked(after(two), sid)
            expect(isRevoked(after(mergeNotBefore(one, two)), sid)).toBe(either)
            expect(isRevoked(after(mergeNotBefore(two, one)), sid)).toBe(either)
          }
        },
      ),
    )
  })
})
