import { describe, it } from 'vitest'
import { matchesPattern, patternProblem } from '../../src/alerts/safe-pattern'

describe('a pattern that a customer writes', () => {
  it('may use what ordinary patterns use', ({ expect }) => {
    for (const pattern of [
      '^web-\\d{2}$',
      '^\\w+-\\w+-\\w+$',
      '(?:eu|us)-\\w+',
      '[*+?(]+',
      'a\\*b\\(c',
      '(?<zone>eu)?x',
      '^$',
      'a{1,3}b?',
    ]) {
      expect([pattern, patternProblem(pattern)]).toEqual([pattern, null])
    }
    expect(matchesPattern('^web-\\d{2}$', 'web-03')).toBe(true)
    expect(matchesPattern('^web-\\d{2}$', 'web-003')).toBe(false)
  })

  it('is refused when it could take for ever', ({ expect }) => {
    const slow = [
      '(a+)+$',
      '(a*)*b',
      '(?:a|a)*b',
      '((a?)b)+',
      '(.*a){20}',
      '(a+){2,}',
      '.*.*.*x',
      '^.*.*.*.*x',
      '^a|.*.*.*x',
      'a?'.repeat(30) + 'a'.repeat(30),
      '(a)\\1',
      '(?<x>a)\\k<x>',
      '([)+]+)+',
    ]
    for (const pattern of slow) expect([pattern, patternProblem(pattern)]).not.toEqual([pattern, null])
    expect(matchesPattern('(a+)+$', 'a')).toBe(false)
  })

  it('is refused when it is malformed or too long', ({ expect }) => {
    for (const pattern of ['(', '[a', '*a', 'a{2,1}', 'x'.repeat(201)])
      expect(patternProblem(pattern)).not.toBeNull()
  })

  it('sees only the start of a long value', ({ expect }) => {
    expect(matchesPattern('b', `${'a'.repeat(200)}b`)).toBe(false)
  })
})
