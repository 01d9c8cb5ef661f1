/** How alike two titles are, 0 to 1, by the method that the settings name. */
import type { CorrelationSettings } from './correlation-settings'
import { jaccard, titleTokens } from './title-similarity'

/** Words of monitoring that mean the same; the first of a line stands for all. */
const SYNONYMS: ReadonlyMap<string, string> = new Map(
  [
    'latency slow slowness delay duration p95 p99 responsetime',
    'error errors err failure failures failing failed fail exception exceptions 5xx 500 502 503 504',
    'down unreachable unavailable offline dead absent noresponse',
    'timeout timeouts timed deadline',
    'memory mem oom heap ram oomkilled',
    'disk storage filesystem volume inode inodes',
    'cpu processor load',
    'restart restarts restarting crashloop crashloopbackoff crash crashed crashing',
    'queue backlog lag consumerlag depth',
    'database db sql postgres postgresql mysql',
    'connection connections conn pool',
    'high elevated increased rising exceeded exceeds above over',
    'low below decreased dropped drop under',
    'full exhausted saturated saturation exhaustion',
  ].flatMap((line) => {
    const words = line.split(' ')
    return words.map((word) => [word, words[0] ?? word] as const)
  }),
)

/** Compares `title` with others. */
export function likeness(
  title: string,
  method: CorrelationSettings['titleSimilarity'],
): (other: string) => number {
  const tokens = titleTokens(title)
  if (method !== 'ngram') return (other) => jaccard(tokens, titleTokens(other))
  const words = meaningful(tokens)
  const grams = trigramsOf(words)
  return (other) => {
    const otherWords = meaningful(titleTokens(other))
    return Math.max(jaccard(words, otherWords), dice(grams, trigramsOf(otherWords)))
  }
}

/** Synonyms in one word, and without figures: they differ between two readings of the same thing. */
function meaningful(tokens: ReadonlySet<string>): ReadonlySet<string> {
  const words = [...tokens].map((token) => SYNONYMS.get(token) ?? token)
  return new Set(words.filter((word) => !/^\p{Nd}+$/u.test(word)))
}

function trigramsOf(words: ReadonlySet<string>): ReadonlySet<string> {
  const grams = new Set<string>()
  for (const word of words) {
    const padded = ` ${word} `
    for (let at = 0; at + 3 <= padded.length; at++) grams.add(padded.slice(at, at + 3))
  }
  return grams
}

/** 2 |A ∩ B| / (|A| + |B|), 0 when both are empty. */
function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const sum = a.size + b.size
  return sum === 0 ? 0 : (2 * a.intersection(b).size) / sum
}
