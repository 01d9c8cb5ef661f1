/** Several reads in one round trip. As one statement, rows of different widths come with the number of their read. */
import type { Read } from './read'

export type Rows<S extends readonly Read<unknown>[]> = {
  [K in keyof S]: S[K] extends Read<infer Row> ? Row[] : never
}

/** D1 takes no more SELECTs side by side. */
const MOST_TERMS = 5

/**
 * The rows of each read, all as of one moment, in one round trip. Each read names its columns by their keys. Rows keep their
 * order, since those of a compound SELECT come one part after the other.
 */
export async function readTogether<const S extends readonly Read<unknown>[]>(
  d1: D1Database,
  reads: S,
): Promise<Rows<S>> {
  const width = Math.max(...reads.map(({ columns }) => columns.keys.length))
  const terms = reads.map(({ query, columns }, part) => termOf(query.text, columns.keys, part, width))
  const rows: unknown[][] = reads.map(() => [])
  const statement = d1.prepare(compoundOf(terms)).bind(...reads.flatMap(({ query }) => query.values))
  for (const values of await statement.raw<[number, ...unknown[]]>()) {
    const part = values[0]
    rows[part]?.push(reads[part]?.columns.row(values, 1))
  }
  // Each element is made by the read in its place.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return rows as Rows<S>
}

/** All terms one after the other; many as compounds of compounds. */
function compoundOf(terms: readonly string[]): string {
  if (terms.length <= MOST_TERMS) return terms.join(' UNION ALL ')
  const groups = Array.from({ length: Math.ceil(terms.length / MOST_TERMS) }, (_, group) =>
    terms.slice(group * MOST_TERMS, (group + 1) * MOST_TERMS),
  )
  return compoundOf(groups.map((group) => `SELECT * FROM (${group.join(' UNION ALL ')})`))
}

/** A read's rows with its number before them, as wide as the widest. The columns of the first are named apart, for all. */
function termOf(query: string, keys: readonly string[], part: number, width: number): string {
  const list = Array.from({ length: width }, (_, place) => `${keys[place] ?? 'NULL'} AS c${place}`)
  return `SELECT ${part} AS part, ${list.join(', ')} FROM (${query})`
}
