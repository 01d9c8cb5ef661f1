/** What an organisation's own rules say of a command. Deny comes before allow; what cannot be read for sure is denied. */
import { piecesOf } from './command-policy'

export interface CommandRule {
  readonly id: string
  readonly pattern: string
  readonly description: string
}

/** Rules in the order in which they are tried; null for a list that does not count. */
export interface CommandRules {
  readonly deny: readonly CommandRule[] | null
  readonly allow: readonly CommandRule[] | null
}

export interface Judgement {
  readonly allowed: boolean
  /** The rule that decided; null where none did. */
  readonly rule: CommandRule | null
  /** In our words, for people. */
  readonly because: string
}

/** Characters of a command that is judged, at most: with the limits of patterns this bounds the time that judging takes. */
export const LONGEST_COMMAND = 500

/** A command is allowed when each simple command in it is: what stands between `;`, `|`, `&`, lines and inside substitutions. */
export function judgeCommand(command: string, { deny, allow }: CommandRules): Judgement {
  if (deny === null && allow === null)
    return { allowed: true, rule: null, because: 'No policy is switched on' }
  const pieces = command.length > LONGEST_COMMAND ? null : piecesOf(command)
  if (pieces === null || pieces.length === 0)
    return { allowed: false, rule: null, because: 'The command cannot be taken apart for sure' }
  const denied = deny?.find(({ pattern }) => {
    const found = new RegExp(pattern)
    return found.test(command) || pieces.some((piece) => found.test(piece))
  })
  if (denied !== undefined) return { allowed: false, rule: denied, because: denied.description }
  if (allow === null) return { allowed: true, rule: null, because: 'No rule denies it' }
  const allowing = pieces.map((piece) => allow.find(({ pattern }) => covers(pattern, piece)))
  const [first] = allowing
  return first === undefined || allowing.includes(undefined)
    ? { allowed: false, rule: null, because: 'No rule allows all of it' }
    : { allowed: true, rule: first, because: first.description }
}

/** The whole piece, not a part. A redirection writes or reads a file: a rule that does not name one does not mean it. */
const covers = (pattern: string, piece: string): boolean =>
  (!/[<>]/.test(piece) || /[<>]/.test(pattern)) && new RegExp(`^(?:${pattern})$`).test(piece)

const LONGEST_PATTERN = 300

/** Of each of these a pattern has few: backtracking tries every combination of them. */
const LIMITS: readonly (readonly [what: string, most: number, of: RegExp])[] = [
  ['repetitions, counting an open start', 3, /[*+]|\{\d+,\d*\}|^(?!\^)/g],
  ['optional parts', 8, /\?/g],
  ['groups', 6, /\(/g],
]

/**
 * Why a pattern is no rule, or null. Patterns are tried by backtracking, so those that could take long are refused: nothing
 * that repeats what repeats or chooses, no look-around, no back-reference, few repetitions, options and groups.
 */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > LONGEST_PATTERN) return `at most ${LONGEST_PATTERN} characters`
  if (!isRegExp(pattern)) return 'not a regular expression'
  const plain = pattern.replaceAll(/\[(?:\\.|[^\]\\])*\]/g, 'c')
  if (/\\(?:[1-9]|k<)/.test(plain)) return 'no back-references'
  const bare = plain.replaceAll(/\\./g, 'c').replaceAll('(?:', '(')
  if (bare.includes('(?')) return 'no look-around, no named groups'
  if (repeatsTwice(bare)) return 'no repetition of what repeats or chooses'
  const over = LIMITS.find(([, most, of]) => (bare.match(of) ?? []).length > most)
  return over === undefined ? null : `at most ${over[1]} ${over[0]}`
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern).source !== ''
  } catch {
    return false
  }
}

/** Whether a group that repeats holds a repetition or a choice. */
function repeatsTwice(bare: string): boolean {
  const groups: { varies: boolean }[] = [{ varies: false }]
  for (let at = 0; at < bare.length; at++) {
    const char = bare[at]
    if (char === '(') groups.push({ varies: false })
    else if (char === ')') {
      const varies = groups.pop()?.varies ?? false
      const repeats = /^(?:[*+]|\{\d*,?\d*\})/.test(bare.slice(at + 1))
      if (varies && repeats) return true
      const outer = groups.at(-1)
      if (outer !== undefined && (varies || repeats)) outer.varies = true
    } else if (/[*+|{?]/.test(char ?? '')) {
      const inner = groups.at(-1)
      if (inner !== undefined) inner.varies = true
    }
  }
  return false
}
