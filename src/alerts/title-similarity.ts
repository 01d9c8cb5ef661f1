/** Word overlap of two texts (Jaccard index), the lexical half of the correlation score. */

const STOP_WORDS = new Set(['the', 'a', 'an', 'is', 'are', 'was', 'for', 'in', 'on', 'at'])
const RUNS = /[\p{L}\p{Nd}]+/gu

/** Runs of letters and digits, NFKC, lower case, at least two characters, without stop words. */
export function titleTokens(title: string): ReadonlySet<string> {
  return new Set(runsOf(title).filter((run) => Array.from(run).length >= 2 && !STOP_WORDS.has(run)))
}

/** The parts of service names: runs of any length, all names united. */
export function nameTokens(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap(runsOf))
}

/** |A ∩ B| / |A ∪ B|, 0 when both are empty. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const union = a.union(b).size
  return union === 0 ? 0 : a.intersection(b).size / union
}

const runsOf = (text: string): string[] => text.normalize('NFKC').toLowerCase().match(RUNS) ?? []
