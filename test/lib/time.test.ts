import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { DAY, iso } from '../../src/lib/time'

describe('a time as text', () => {
  it('is what Date makes of it, in whatever order days come', ({ expect }) => {
    const ends = 8_640_000_000_000_000
    const anywhere = fc.integer({ min: -ends, max: ends })
    const nearby = fc.integer({ min: 20_000 * DAY - 2000, max: 20_002 * DAY })
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anywhere, nearby, fc.double({ min: -1e9, max: 4e12, noNaN: true }))),
        (times) => {
          for (const ms of times) expect(iso(ms)).toBe(new Date(ms).toISOString())
        },
      ),
    )
    for (const ms of [0, -1, 1, DAY - 1, DAY, -DAY, ends, -ends])
      expect(iso(ms)).toBe(new Date(ms).toISOString())
  })

  it('is refused where there is none', ({ expect }) => {
    for (const ms of [Number.NaN, Infinity, 9e15]) expect(() => iso(ms)).toThrow(RangeError)
  })
})
