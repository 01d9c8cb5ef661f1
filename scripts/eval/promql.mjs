// As much PromQL as investigations ask: an expression becomes a function from a time (seconds) to a number or a vector.
import { histogramQuantile, identityOf, increaseOf, newestOf, without } from './samples.mjs'
import { tokensOf } from './promql-tokens.mjs'

const AGGREGATIONS = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  group: () => 1,
}
const ARITHMETIC = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}
const COMPARISON = { '>': (a, b) => a > b, '<': (a, b) => a < b, '==': (a, b) => a === b }
/** From the loosest to the tightest. */
const OPERATORS = [['or'], Object.keys(COMPARISON), ['+', '-'], ['*', '/']]

/**
 * @param {string} text
 * @param {{ labels: Record<string, string>, points: [number, number][] }[]} series points in the order of time
 * @returns {(time: number) => number | { labels: Record<string, string>, value: number }[]}
 */
export function compile(text, series) {
  const tokens = tokensOf(text)
  const query = operation(tokens, series, 0)
  if (tokens.length > 0) throw new Error(`not understood: ${text}`)
  return query
}

/** A predicate on labels: `{a="b",c=~"d.*"}`, with or without a name in front. */
export function matcherOf(text) {
  const tokens = tokensOf(text)
  return selector(tokens, tokens[0]?.kind === 'name' ? tokens.shift().text : undefined)
}

function operation(tokens, series, level) {
  if (level === OPERATORS.length) return operand(tokens, series)
  let left = operation(tokens, series, level + 1)
  while (OPERATORS[level].includes(tokens[0]?.text)) {
    const { text } = tokens.shift()
    const [before, after] = [left, operation(tokens, series, level + 1)]
    left = (time) => joined(text, before(time), after(time))
  }
  return left
}

function operand(tokens, series) {
  const token = tokens.shift()
  if (token?.kind === 'number') return () => Number(token.text)
  if (token?.text === '(') {
    const inner = operation(tokens, series, 0)
    take(tokens, ')')
    return inner
  }
  if (token?.text === '{') {
    tokens.unshift(token)
    return instant(tokens, series, undefined)
  }
  if (token?.kind !== 'name') throw new Error(`not understood: ${token?.text}`)
  if (token.text in AGGREGATIONS) return aggregation(tokens, series, AGGREGATIONS[token.text])
  if (tokens[0]?.text === '(') return call(tokens, series, token.text)
  return instant(tokens, series, token.text)
}

function instant(tokens, series, name) {
  const matches = selector(tokens, name)
  const chosen = series.filter(({ labels }) => matches(labels))
  return (time) =>
    chosen.flatMap(({ labels, points }) => {
      const value = newestOf(points, time)
      return value === null ? [] : [{ labels, value }]
    })
}

/** `rate(selector[range])`, `increase`, and functions of vectors. */
function call(tokens, series, name) {
  take(tokens, '(')
  if (name === 'rate' || name === 'increase') {
    const matches = selector(tokens, tokens[0]?.kind === 'name' ? tokens.shift().text : undefined)
    const range = Number(take(tokens, undefined, 'range').text)
    take(tokens, ')')
    const chosen = series.filter(({ labels }) => matches(labels))
    return (time) =>
      chosen.flatMap(({ labels, points }) => {
        const increase = increaseOf(points, time, range)
        return increase === null
          ? []
          : [{ labels: nameless(labels), value: name === 'rate' ? increase / range : increase }]
      })
  }
  if (name === 'histogram_quantile') {
    const share = Number(take(tokens, undefined, 'number').text)
    take(tokens, ',')
    const inner = operation(tokens, series, 0)
    take(tokens, ')')
    return (time) => histogramQuantile(share, inner(time))
  }
  if (name !== 'label_replace') throw new Error(`no such function: ${name}`)
  const inner = operation(tokens, series, 0)
  const [target, replacement, source, pattern] = Array.from({ length: 4 }, () => {
    take(tokens, ',')
    return take(tokens, undefined, 'string').text
  })
  take(tokens, ')')
  const expression = whole(pattern)
  return (time) =>
    inner(time).map((one) => {
      const found = expression.exec(one.labels[source] ?? '')
      if (found === null) return one
      const value = replacement.replaceAll(/\$(\d)/g, (_, group) => found[Number(group)] ?? '')
      return { ...one, labels: { ...one.labels, [target]: value } }
    })
}

function aggregation(tokens, series, combine) {
  const by = []
  if (tokens[0]?.text === 'by') {
    tokens.shift()
    take(tokens, '(')
    while (tokens[0]?.text !== ')') {
      by.push(take(tokens, undefined, 'name').text)
      if (tokens[0]?.text === ',') tokens.shift()
    }
    take(tokens, ')')
  }
  take(tokens, '(')
  const inner = operation(tokens, series, 0)
  take(tokens, ')')
  return (time) =>
    Object.values(
      Object.groupBy(inner(time), ({ labels }) => JSON.stringify(by.map((label) => labels[label] ?? ''))),
    ).map((group) => ({
      labels: Object.fromEntries(
        by.flatMap((label) => (group[0].labels[label] ? [[label, group[0].labels[label]]] : [])),
      ),
      value: combine(group.map(({ value }) => value)),
    }))
}

function selector(tokens, name) {
  const all = name === undefined ? [] : [(labels) => labels.__name__ === name]
  if (tokens[0]?.text === '{') {
    tokens.shift()
    while (tokens[0]?.text !== '}') {
      const label = take(tokens, undefined, 'name').text
      const { text: operator } = tokens.shift()
      const { text: value } = take(tokens, undefined, 'string')
      const is = operator.endsWith('~') ? (one) => whole(value).test(one) : (one) => one === value
      all.push(
        operator.startsWith('!') ? (labels) => !is(labels[label] ?? '') : (labels) => is(labels[label] ?? ''),
      )
      if (tokens[0]?.text === ',') tokens.shift()
    }
    take(tokens, '}')
  }
  return (labels) => all.every((is) => is(labels))
}

/** An RE2 expression of a whole value. Older versions of this language know flags for the whole of it only. */
const whole = (pattern) =>
  new RegExp(`^(?:${pattern.replaceAll('(?i:', '(?:')})$`, pattern.includes('(?i:') ? 'i' : '')

function take(tokens, text, kind) {
  const token = tokens.shift()
  if (
    token === undefined ||
    (text !== undefined && token.text !== text) ||
    (kind !== undefined && token.kind !== kind)
  )
    throw new Error(`expected ${text ?? kind}, found ${token?.text ?? 'the end'}`)
  return token
}

const nameless = (labels) => without(labels, ['__name__'])
const keyOf = ({ labels }) => identityOf(nameless(labels))

function joined(operator, left, right) {
  if (operator === 'or') {
    const known = new Set(left.map(keyOf))
    return [...left, ...right.filter((one) => !known.has(keyOf(one)))]
  }
  const compare = COMPARISON[operator]
  const calculate = ARITHMETIC[operator]
  const both = (labels, a, b, kept) => {
    if (compare === undefined) return [{ labels: nameless(labels), value: calculate(a, b) }]
    return compare(a, b) ? [{ labels, value: kept }] : []
  }
  if (typeof left === 'number' && typeof right === 'number') return calculate(left, right)
  if (typeof right === 'number') return left.flatMap(({ labels, value }) => both(labels, value, right, value))
  if (typeof left === 'number') return right.flatMap(({ labels, value }) => both(labels, left, value, value))
  const byKey = new Map(right.map((one) => [keyOf(one), one.value]))
  return left.flatMap((one) =>
    byKey.has(keyOf(one)) ? both(one.labels, one.value, byKey.get(keyOf(one)), one.value) : [],
  )
}
