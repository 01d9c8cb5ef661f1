/**
 * Regular expressions that a customer writes. The engine backtracks, so shapes that can take exponential or
 * high polynomial time are refused, and only the start of a value is looked at.
 */

const MAX_PATTERN = 200
const MAX_VALUE = 200
const MAX_QUANTIFIERS = 6
/** Quantifiers without a small upper bound: each costs a power of the value's length, and so does a free start. */
const MAX_UNBOUNDED = 3
const SMALL_BOUND = 10
const TOKEN =
  /\\(?<reference>[1-9]|k<)|\\.|\[(?:\\.|[^\]\\])*\]|(?<open>\((?:\?(?:[:=!]|<[=!]|<\w+>))?)|(?<close>\))|(?<alternative>\|)|(?<quantifier>[*+?]|\{\d+(?:,\d*)?\})\??|./gsu

/** Why `pattern` cannot be used, or null. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN) return `must have at most ${MAX_PATTERN} characters`
  try {
    RegExp(pattern, 'u')
  } catch {
    return 'is not a valid pattern'
  }
  return costProblem(pattern)
}

/** Whether `pattern` occurs in the first 200 characters of `value`; a refused pattern occurs nowhere. */
export function matchesPattern(pattern: string, value: string): boolean {
  return patternProblem(pattern) === null && RegExp(pattern, 'u').test(value.slice(0, MAX_VALUE))
}

function costProblem(pattern: string): string | null {
  // For every open group: whether it contains something that can match in several ways.
  const open: boolean[] = [false]
  let closed: boolean | null = null
  let quantifiers = 0
  let unbounded = 0
  for (const { groups } of pattern.matchAll(TOKEN)) {
    if (groups?.['reference'] !== undefined) return 'must not refer back to a group'
    if (groups?.['quantifier'] !== undefined) {
      if (closed === true) return 'must not repeat a group that contains a repetition or alternatives'
      quantifiers += 1
      if (isUnbounded(groups['quantifier'])) unbounded += 1
      open[open.length - 1] = true
    }
    if (groups?.['alternative'] !== undefined) open[open.length - 1] = true
    closed = null
    if (groups?.['open'] !== undefined) open.push(false)
    if (groups?.['close'] !== undefined) {
      closed = open.pop() ?? false
      if (closed) open[open.length - 1] = true
    }
  }
  const freeStart = pattern.startsWith('^') && !pattern.includes('|') ? 0 : 1
  if (quantifiers > MAX_QUANTIFIERS || unbounded + freeStart > MAX_UNBOUNDED) return 'repeats too often'
  return null
}

function isUnbounded(quantifier: string): boolean {
  if (quantifier === '?') return false
  const bound = /^\{(\d+)(?:,(\d+))?\}$/.exec(quantifier)
  return bound === null || Number(bound[2] ?? bound[1]) > SMALL_BOUND
}
