import { table } from '../lib/table.mjs'
import { grows } from './more-read.mjs'

/** Reads with what they cost: those that need a reason with it, the others in short. */
export function readsTable(reads) {
  const row = ({ name, d1, stmts, read, returned }) => [`GET ${name}`, d1, stmts, read, returned]
  const head = ['', 'D1 trips', 'statements', 'rows read', 'shown']
  const plain = reads.filter(({ reason, problem }) => reason === null && !problem)
  const dear = reads.filter((read) => !plain.includes(read))
  const reasons = dear.map(({ name, reason }) => `  GET ${name}: ${reason ?? 'no reason is known'}`)
  return [
    '  One round trip or none, and no more rows read than shown and one\n',
    table(head, plain.map(row)),
    '\n  Exceptions\n',
    table(head, dear.map(row)),
    '\n  Why\n',
    ...reasons,
  ].join('\n')
}

/**
 * Reads that cost more than at the size before, for as many rows shown.
 * @param {Map<string, object>} before
 * @returns {string[]} a line each
 */
export function changesOf(before, reads) {
  return reads.flatMap(({ name, d1, read, returned }) => {
    const known = before.get(name)
    if (known === undefined || grows(name)) return []
    const allowed = Math.max(returned + 1, (known.read / known.returned) * returned * 1.5 + 5)
    return d1 <= known.d1 && read <= allowed
      ? []
      : [
          `GET ${name} took ${d1} round trips and ${read} rows for ${returned} (${known.d1} and ${known.read} for ${known.returned})`,
        ]
  })
}
