/** Splits streamed text into thoughts at sentence ends. A pure state machine; times are ms since the epoch. */

export interface ThoughtState {
  readonly buffer: string
  readonly lastFlushAt: number
}

export interface ThoughtStep {
  readonly state: ThoughtState
  readonly thoughts: readonly string[]
}

const ENOUGH = 50
const MINIMUM = 20
const PATIENCE_MS = 1000

export const startThoughts = (now: number): ThoughtState => ({ buffer: '', lastFlushAt: now })

/**
 * Takes a delta (which may be empty, when only time has passed) and gives the thoughts that are complete:
 * up to a sentence end once 50 characters are there, or after 1 s up to the last sentence end with at least 20.
 */
export function feedThoughts(state: ThoughtState, delta: string, now: number): ThoughtStep {
  let rest = state.buffer + delta
  let lastFlushAt = state.lastFlushAt
  const thoughts: string[] = []
  for (;;) {
    const ends = sentenceEnds(rest)
    const end =
      ends.find((position) => rest.slice(0, position).trim().length >= ENOUGH) ??
      (now - lastFlushAt >= PATIENCE_MS
        ? ends.findLast((position) => rest.slice(0, position).trim().length >= MINIMUM)
        : undefined)
    if (end === undefined) return { state: { buffer: rest, lastFlushAt }, thoughts }
    thoughts.push(rest.slice(0, end).trim())
    rest = rest.slice(end).trimStart()
    lastFlushAt = now
  }
}

/** The end of the stream: the rest is a thought, however short. */
export function finishThoughts(state: ThoughtState): readonly string[] {
  const rest = state.buffer.trim()
  return rest === '' ? [] : [rest]
}

/** Positions just behind `.`, `!` or `?` where a sentence is known to end: what follows must have arrived already. */
function sentenceEnds(text: string): readonly number[] {
  const ends: number[] = []
  let code = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character === '`') code = !code
    if (code || !'.!?'.includes(character)) continue
    const after = text.slice(index + 1)
    if (!/^\s/.test(after)) continue
    const next = after.trimStart().slice(0, 1)
    const afterDigit = /\d/.test(text[index - 1] ?? '')
    // "version 1. 2": whether a number goes on is known only when the next character is there.
    if (afterDigit && (next === '' || /\d/.test(next))) continue
    ends.push(index + 1)
  }
  return ends
}

/** Markdown as plain text: without emphasis, code marks, headings, list marks and link targets. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/^\s{0,3}(?:#{1,6}|[-*+]|>)\s+/gm, '')
    .replaceAll(/\*\*([^*]+)\*\*|__([^_]+)__/g, '$1$2')
    .replaceAll(/`+/g, '')
    .trim()
}
