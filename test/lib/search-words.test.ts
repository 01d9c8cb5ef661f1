import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { searchWords } from '../../src/lib/search-words'

describe('the words to look for', () => {
  it('are those that tell something, names whole', ({ expect }) => {
    expect(searchWords('How do we do the failover of checkout-api (eu_west.1)? Failover!')).toEqual([
      'failover',
      'checkout-api',
      'eu_west.1',
    ])
    expect(searchWords('Störung der Zahlung 障害')).toEqual(['störung', 'der', 'zahlung', '障害'])
    expect(searchWords('what is the ?')).toEqual([])
  })

  it('mean nothing to a query language, whatever was asked', ({ expect }) => {
    const word = /^[\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)*$/u
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        searchWords(`${text} x`).every((one) => word.test(one)),
      ),
    )
    expect(searchWords(String.raw`" OR type = page \" ) -- ' *`)).toEqual(['type', 'page'])
  })
})
