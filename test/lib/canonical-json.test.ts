import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { canonicalJson } from '../../src/lib/canonical-json'

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  )
}

describe('canonical JSON', () => {
  it('sorts keys and drops what is undefined', ({ expect }) => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ä"' }], a: undefined, B: true })).toBe(
      '{"B":true,"b":[1,{"c":"ä\\"","d":null}]}',
    )
    expect(canonicalJson(undefined)).toBe('null')
  })

  it('is one text for one value, whatever the order of its keys, and can be read back', ({ expect }) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(shuffled(value))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
