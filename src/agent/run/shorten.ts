/** Keeps what a model is told below its context: long evidence as an excerpt, older evidence by its number and first line. */
import type { ModelMessage } from 'ai'
import { parseJson, type EvidenceItem } from '../evidence'
import { fit, sizeOf, startOf, toJson } from '../json'
import { tokensOf } from './tokens'

const EXCERPT = 6144
const SMALL_EXCERPT = 2048
const SMALL_CONTEXT = 65_000
const FIRST_LINE = 160
/** Of a model's context, for the conversation. The rest is room for the answer and for our guesses about tokens. */
const SHARE = 0.6

/** Tokens of conversation that this model may be told. */
export const roomFor = (contextTokens: number, halved: boolean): number =>
  Math.floor(contextTokens * SHARE * (halved ? 0.5 : 1))

type Shown = Omit<EvidenceItem, 'number'> & { readonly number: number | null }

/** An item with its output cut to what one item may take. */
export function excerpt<I extends Shown>(item: I, contextTokens: number): I {
  const output = toJson(parseJson(item.output) ?? item.output)
  const most = contextTokens < SMALL_CONTEXT ? SMALL_EXCERPT : EXCERPT
  if (sizeOf(output) <= most) return item
  const { text } = fit(output, most)
  return { ...item, output: JSON.stringify({ excerpt: toJson(parseJson(text) ?? text), ...whereMore(item) }) }
}

/** An item that was shown before, by its first words. */
export function firstLine<I extends Shown>(item: I): I {
  const line = startOf(item.output.replaceAll(/\s+/g, ' '), FIRST_LINE)
  return { ...item, output: JSON.stringify({ begins: line, ...whereMore(item) }) }
}

const whereMore = ({ number }: Shown): { readonly note: string } => ({
  note: number === null ? 'Shortened.' : `Shortened. read_evidence ${number} has it in full.`,
})

/**
 * Renders with ever more items shortened, the first ones first, until the text fits; the last try is given as it is.
 * @param build the messages with the first `n` of `count` items reduced to their first line
 */
export function fitted<T extends readonly ModelMessage[]>(
  build: (reduced: number) => T,
  count: number,
  room: number,
): T {
  const fits = (messages: T): boolean => tokensOf(JSON.stringify(messages)) <= room
  const whole = build(0)
  if (count === 0 || fits(whole)) return whole
  // The fewest that do, found by halving.
  let [low, high] = [1, count]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (fits(build(middle))) high = middle
    else low = middle + 1
  }
  return build(high)
}
