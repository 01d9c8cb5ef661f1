/** An alerting rule's expression without the threshold, so that it has a value before and after the alert as well. */

const OPENING = '({['
const CLOSING = ')}]'
const COMPARISON = /^(?:==|!=|<=|>=|<|>)(?!~)/
const SET = /^\b(?:and|or|unless)\b/i
const NUMBER = /^[-+(\s]*(?:\d[\w.+-]*|\.\d+|inf)[)\s]*$/i

interface Cut {
  readonly at: number
  readonly length: number
  readonly isSet: boolean
}

/**
 * The first operand of `and`, `or` and `unless`, up to its comparison: `rate(x[5m]) > 0.5 and y == 1` becomes
 * `rate(x[5m])`. Of `0.5 < x` the right side is left. What has no comparison stays as it is.
 */
export function withoutComparison(expression: string): string {
  const text = unwrapped(expression.trim())
  const cuts = cutsOf(text)
  const set = cuts.find(({ isSet }) => isSet)
  if (set !== undefined) return withoutComparison(text.slice(0, set.at))
  const last = cuts.at(-1)
  if (last === undefined) return text
  const left = text.slice(0, last.at).trim()
  const right = text
    .slice(last.at + last.length)
    .replace(/^\s*bool\b/, '')
    .trim()
  return withoutComparison(NUMBER.test(left) && !NUMBER.test(right) ? right : left)
}

/** Comparisons and set operators outside every bracket and string. */
function cutsOf(text: string): readonly Cut[] {
  const cuts: Cut[] = []
  for (const { at, depth } of plainPlaces(text)) {
    if (depth > 0) continue
    const rest = text.slice(at)
    const isWord = at > 0 && /\w/.test(text[at - 1] ?? '')
    const set = isWord ? null : SET.exec(rest)
    const comparison = /[<>=!]/.test(text[at - 1] ?? '') ? null : COMPARISON.exec(rest)
    const found = set ?? comparison
    if (found !== null) cuts.push({ at, length: found[0].length, isSet: set !== null })
  }
  return cuts
}

/** Positions outside strings, with the number of brackets around them. */
function plainPlaces(text: string): readonly { readonly at: number; readonly depth: number }[] {
  const places: { at: number; depth: number }[] = []
  let depth = 0
  let quote: string | null = null
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== null) {
      if (character === '\\' && quote !== '`') at++
      else if (character === quote) quote = null
      continue
    }
    if (`"'\``.includes(character)) quote = character
    else if (OPENING.includes(character)) depth++
    else if (CLOSING.includes(character)) depth--
    else places.push({ at, depth })
  }
  return places
}

/** Without brackets around the whole. */
function unwrapped(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  const inside = text.slice(1, -1)
  const closes = plainPlaces(inside).some(({ depth }) => depth < 0)
  return closes || depthAfter(inside) !== 0 ? text : unwrapped(inside.trim())
}

const depthAfter = (text: string): number => plainPlaces(`${text} `).at(-1)?.depth ?? 0
