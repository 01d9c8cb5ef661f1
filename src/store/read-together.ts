/** Several reads in one round trip. As one statement, rows of different widths come with the number of their read. */
import type { Read } from './read'

export type Rows<S extends readonly Read<unknown>[]> = {
  [K in keyof S]: S[K] extends Read<infer Row> ? Row[] : never
}

/** D1 takes no more SELECTs side by side; and one long statement takes longer to compile than many short ones, which are kept. */
const MOST_TERMS = 5

/**
 * The rows of each read, all as of one moment, in one round trip: few reads as one statement, many as a batch. Each read names
 * its columns by their keys.
 */
export async function readTogether<const S extends readonly Read<unknown>[]>(
  d1: D1Database,
  reads: S,
): Promise<Rows<S>> {
  const rows = reads.length <= MOST_TERMS ? await asOneStatement(d1, reads) : await asBatch(d1, reads)
  // Each element is made by the read in its place.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return rows as Rows<S>
}

async function asBatch(d1: D1Database, reads: readonly Read<unknown>[]): Promise<unknown[][]> {
  const results = await d1.batch<Record<string, unknown>>(
    reads.map(({ stmt, query }) => stmt.bind(...query.values)),
  )
  return results.map(({ results: found }, part) => found.map((row) => reads[part]?.columns.decoded(row)))
}

/** Rows keep their order, since those of a compound SELECT come one part after the other. */
async function asOneStatement(d1: D1Database, reads: readonly Read<unknown>[]): Promise<unknown[][]> {
  const width = Math.max(...reads.map(({ columns }) => columns.keys.length))
  const terms = reads.map(({ query, columns }, part) => termOf(query.text, columns.keys, part, width))
  const rows: unknown[][] = reads.map(() => [])
  const statement = d1.prepare(terms.join(' UNION ALL ')).bind(...reads.flatMap(({ query }) => query.values))
  for (const values of await statement.raw<[number, ...unknown[]]>()) {
    const part = values[0]
    rows[part]?.push(reads[part]?.columns.row(values, 1))
  }
  return rows
}

/** A read's rows with its number before them, as wide as the widest. The columns of the first are named apart, for all. */
function termOf(query: string, keys: readonly string[], part: number, width: number): string {
  const list = Array.from({ length: width }, (_, place) => `${keys[place] ?? 'NULL'} AS c${place}`)
  return `SELECT ${part} AS part, ${list.join(', ')} FROM (${query})`
}
