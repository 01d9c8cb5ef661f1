/** Payloads as they should not be: examples with fields replaced by what tends to break readers. */
import * as fc from 'fast-check'
import type { AlertSource } from '../../src/alerts/source'

/** One of every JSON type, and what a vendor's templates make of a missing value. */
export const OTHERS: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -1,
  1e300,
  '',
  ' ',
  '$NAME',
  'x'.repeat(9000),
  '\u0000\ud800',
  '😀'.repeat(600),
  '0001-01-01T00:00:00Z',
  'http://',
  [],
  {},
  [null],
  [[]],
  { a: { b: [] } },
  JSON.parse('{"__proto__": 1}'),
]

export const examplesOf = ({ example, otherExamples = [] }: AlertSource): readonly unknown[] => [
  example,
  ...otherExamples,
]

/** Every path inside a JSON value, the root included. */
export function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [
    [],
    ...Object.entries(value).flatMap(([key, child]) => pathsOf(child).map((path) => [key, ...path])),
  ]
}

/** The value with the one at this path replaced; `undefined` takes a member away. */
export function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return by
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? replaced(item, rest, by) : item))
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (name !== key) return [[name, member]]
      return rest.length === 0 && by === undefined ? [] : [[name, replaced(member, rest, by)]]
    }),
  )
}

/** A large set of labels, with names and values of any alphabet. */
const crowd = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  minKeys: 80,
  maxKeys: 120,
})

/** A source's example with one to three of its fields replaced; now and then any JSON at all. */
export function mutationsOf(source: AlertSource): fc.Arbitrary<unknown> {
  const other = fc.oneof(fc.constantFrom(...OTHERS), fc.jsonValue({ maxDepth: 3 }), crowd)
  const changed = fc.constantFrom(...examplesOf(source)).chain((example) =>
    fc
      .array(fc.tuple(fc.constantFrom(...pathsOf(example)), other), { minLength: 1, maxLength: 3 })
      // By the last field first: the root would swallow the others.
      .map((changes) =>
        changes
          .toSorted(([a], [b]) => b.length - a.length)
          .reduce((body, [path, by]) => replaced(body, path, by), example),
      ),
  )
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: fc.jsonValue() })
}
