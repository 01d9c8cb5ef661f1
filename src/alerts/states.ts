/** The words that senders of their own JSON use for the state of an alert. */
import type { EventState } from './canonical'

const WORDS: readonly (readonly [EventState, ReadonlySet<string>])[] = [
  ['firing', new Set(['firing', 'triggered', 'trigger', 'opened', 'open', 'active', 'alerting'])],
  ['acknowledged', new Set(['acknowledged', 'acknowledge', 'ack'])],
  ['resolved', new Set(['resolved', 'resolve', 'closed', 'close', 'recovered', 'ok', 'cleared'])],
  ['info', new Set(['info'])],
]

/** The state that `word` means in any case, null for a word that means none. */
export function stateOf(word: string): EventState | null {
  const lower = word.toLowerCase()
  return WORDS.find(([, synonyms]) => synonyms.has(lower))?.[0] ?? null
}
