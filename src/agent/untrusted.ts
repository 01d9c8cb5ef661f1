/** Text from outside: hidden characters go, imitated instructions are quarantined, and it travels fenced as data. */

import type { Trust } from './evidence'
import { lettersOf, PATTERNS, RUN_TOGETHER, SCORES, type ScanRule } from './injection-patterns'
import { startOf } from './json'

export interface Scan {
  /** Without hidden characters; with quarantined spans when `score` is 3 or more. */
  readonly text: string
  readonly score: number
  readonly rules: readonly ScanRule[]
  readonly trust: Extract<Trust, 'normal' | 'low'>
}

interface Span {
  readonly rule: ScanRule
  readonly start: number
  readonly end: number
}

interface Folded {
  readonly text: string
  /** The position in the text that a position in the folded one stands for. */
  readonly at: (index: number) => number
}

const THRESHOLD = 3
/** Signs further apart than this, in characters, have nothing to do with each other. */
const NEAR = 200
const SENTENCE_REST = 300

/** Zero width, bidi controls, soft hyphens, variation selectors but the emoji one, and tag characters. */
const HIDDEN =
  /\u00AD|\u061C|\u180E|[\u200B-\u200F]|[\u202A-\u202E]|[\u2060-\u2064]|[\u2066-\u2069]|\uFEFF|[\uFE00-\uFE0E]|[\u{E0000}-\u{E007F}]|[\u{E0100}-\u{E01EF}]/gu

/** Latin look-alikes of Cyrillic and Greek letters, used only inside words that mix scripts. */
const LOOKALIKES = new Map(
  'аaеeоoрpсcуyхxіiѕsјjһhԁdԛqԝwкkмmтtнhвbαaοoρpνvιiκkτtεeυu'
    .match(/../gu)
    ?.map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
)

/** Scores one text and quarantines what looks like an instruction to a model. */
export function scan(text: string): Scan {
  const clean = text.replaceAll(HIDDEN, '')
  const folded = fold(clean)
  const spans: Span[] = []
  const rules: ScanRule[] = clean.length === text.length ? [] : ['hidden_characters']
  for (const rule of ruleNames) {
    const found = PATTERNS[rule].flatMap((pattern) =>
      [...folded.text.matchAll(pattern)].map((match): Span => ({
        rule,
        start: folded.at(match.index),
        end: folded.at(sentenceEnd(folded.text, match.index + match[0].length)),
      })),
    )
    if (rule === 'instruction_override') found.push(...runTogether(folded))
    if (found.length > 0) rules.push(rule)
    spans.push(...found)
  }
  const score = worstPassage(spans) + (rules.includes('hidden_characters') ? SCORES.hidden_characters : 0)
  if (score < THRESHOLD) return { text: clean, score, rules, trust: 'normal' }
  return { text: quarantine(clean, spans), score, rules, trust: 'low' }
}

const ruleNames = [
  'instruction_override',
  'role_imitation',
  'credential_request',
  'contact_url',
  'run_command',
  'encoded_blob',
] as const

/** Overrides whose words are hidden from the patterns by figures in place of letters, or run into one. */
function runTogether({ text, at }: Folded): readonly Span[] {
  const letters = lettersOf(text)
  if (letters.search(RUN_TOGETHER) < 0) return []
  const units = Array.from({ length: text.length }, (_, index) => index)
  const places = units.filter((index) => lettersOf(text.charAt(index)) !== '')
  return [...letters.matchAll(RUN_TOGETHER)].map((match) => ({
    rule: 'instruction_override',
    start: at(places[match.index] ?? 0),
    end: at(sentenceEnd(text, (places[match.index + match[0].length - 1] ?? 0) + 1)),
  }))
}

/** What follows an override up to the end of its sentence is its payload and goes with it. */
function sentenceEnd(text: string, from: number): number {
  const rest = startOf(text.slice(from), SENTENCE_REST)
  const stop = /[.!?](?=\s|$)|[\r\n]/.exec(rest)
  return from + (stop === null ? rest.length : stop.index)
}

/** The most that the rules found in one passage come to: a runbook opens a page here and runs a command there. */
function worstPassage(spans: readonly Span[]): number {
  const sorted = spans.toSorted((a, b) => a.start - b.start)
  let worst = 0
  let first = 0
  for (const [index, { start }] of sorted.entries()) {
    while ((sorted[first]?.start ?? start) < start - NEAR) first++
    const rules = new Set(sorted.slice(first, index + 1).map(({ rule }) => rule))
    worst = Math.max(
      worst,
      Array.from(rules).reduce((sum, rule) => sum + SCORES[rule], 0),
    )
  }
  return worst
}

function quarantine(text: string, spans: readonly Span[]): string {
  let result = ''
  let done = 0
  for (const span of spans.toSorted((a, b) => a.start - b.start || SCORES[b.rule] - SCORES[a.rule])) {
    if (span.end <= done) continue
    if (span.start >= done) result += `${text.slice(done, span.start)}[QUARANTINED:${span.rule}]`
    done = span.end
  }
  return result + text.slice(done)
}

/** Lower case, compatibility forms and accents resolved, with the way back to the position in the text. */
function fold(text: string): Folded {
  if (!/[^ -~\s]/.test(text)) return { text: text.toLowerCase(), at: (index) => index }
  let folded = ''
  const positions: number[] = []
  let position = 0
  for (const character of text) {
    const plain = character.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
    folded += plain
    for (let unit = 0; unit < plain.length; unit++) positions.push(position)
    position += character.length
  }
  positions.push(position)
  const latin = folded.replaceAll(/[a-z\u0370-\u052F]+/gu, (word) =>
    /[a-z]/.test(word) && /[\u0370-\u052F]/u.test(word)
      ? word.replaceAll(/[\u0370-\u052F]/gu, (letter) => LOOKALIKES.get(letter) ?? letter)
      : word,
  )
  return { text: latin, at: (index) => positions[index] ?? text.length }
}

/** `value` as one line of JSON between markers with `boundary` (32 hex digits, fresh per message), which the content cannot contain. */
export function fence(value: unknown, boundary: string): string {
  const json = (JSON.stringify(value) ?? 'null').replaceAll(boundary, '')
  return `<<<data ${boundary}\n${json}\n${boundary} end>>>`
}

/** The JSON text inside the first fenced block of a message, null when there is none. */
export function unfence(text: string): string | null {
  return /<<<data ([0-9a-f]{32})\n([^\n]*)\n\1 end>>>/.exec(text)?.[2] ?? null
}
