/** Severity words and their order, one table for every source. */
import type { Severity } from './canonical'

const WORDS: Readonly<Record<Exclude<Severity, 'unknown'>, string>> = {
  critical: 'critical crit fatal emergency emerg disaster page blocker highest sev0 sev1 sev-1 p0 p1',
  high: 'error err major high severe sev2 sev-2 p2',
  medium: 'warning warn moderate medium average sev3 sev-3 p3',
  low: 'info information informational notice minor low lowest debug trivial ok sev4 sev5 p4 p5',
}

const table = new Map<string, Severity>([
  ...WORDS.critical.split(' ').map((word) => [word, 'critical'] as const),
  ...WORDS.high.split(' ').map((word) => [word, 'high'] as const),
  ...WORDS.medium.split(' ').map((word) => [word, 'medium'] as const),
  ...WORDS.low.split(' ').map((word) => [word, 'low'] as const),
])

const RANK: Readonly<Record<Severity, number>> = { critical: 4, high: 3, medium: 2, low: 1, unknown: 0 }

/** The severity that a vendor's word means, compared whole and in any case; `unknown` for any other word. */
export function severityOf(word: string | null): Severity {
  return (word === null ? undefined : table.get(word.trim().toLowerCase())) ?? 'unknown'
}

/** 4 for critical down to 0 for unknown. */
export const rankOf = (severity: Severity): number => RANK[severity]
