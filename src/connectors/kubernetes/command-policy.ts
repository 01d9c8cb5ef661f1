/**
 * Which commands an agent may be given. Everything is a list of what is allowed: verbs, their flags, formats. A command
 * is words between single spaces; there is no shell on the other side, and nothing here needs quoting.
 */

const LONGEST = 1000
const MOST_LINES = 500

type FlagRule = 'none' | RegExp

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
const SELECTOR =
  /^[A-Za-z0-9._/-]+(!?={1,2}[A-Za-z0-9._:/-]*)?(,!?[A-Za-z0-9._/-]+(!?={1,2}[A-Za-z0-9._:/-]*)?)*$/
const AGE = /^\d{1,6}[smh]$/
const OUTPUT = /^(json|yaml|wide|name)$/
const none = 'none'

const WHERE = { '-n': NAME, '--namespace': NAME, '-A': none, '--all-namespaces': none } as const
const WHICH = { '-l': SELECTOR, '--selector': SELECTOR } as const
const NO_HEADERS = { '--no-headers': none } as const
const SORT = { '--sort-by': /^[\w.[\]{}-]{1,100}$/ } as const

interface Verb {
  readonly flags: Readonly<Record<string, FlagRule>>
  /** What stands behind the verb: kinds and names, a pod, or one of these words first. */
  readonly words: 'kinds' | 'pod' | 'none' | readonly string[]
}

const VERBS: Readonly<Record<string, Verb>> = {
  get: {
    words: 'kinds',
    flags: {
      ...WHERE,
      ...WHICH,
      ...NO_HEADERS,
      ...SORT,
      '-o': OUTPUT,
      '--output': OUTPUT,
      '--field-selector': SELECTOR,
      '--show-labels': none,
      '--ignore-not-found': /^(true|false)$/,
    },
  },
  describe: { words: 'kinds', flags: { ...WHERE, ...WHICH } },
  logs: {
    words: 'pod',
    flags: {
      '-n': NAME,
      '--namespace': NAME,
      ...WHICH,
      '-c': NAME,
      '--container': NAME,
      '--tail': /^\d{1,3}$/,
      '--since': AGE,
      '--previous': none,
      '-p': none,
      '--timestamps': none,
      '--all-containers': none,
    },
  },
  top: {
    words: ['pods', 'pod', 'nodes', 'node'],
    flags: { ...WHERE, ...WHICH, ...NO_HEADERS, '--containers': none },
  },
  events: {
    words: 'none',
    flags: { ...WHERE, '--for': /^[a-z]+\/[A-Za-z0-9._-]+$/, '--types': /^[A-Za-z,]{1,40}$/, '-o': OUTPUT },
  },
  version: { words: 'none', flags: { '-o': OUTPUT, '--output': OUTPUT } },
  'api-resources': { words: 'none', flags: { '-o': OUTPUT, ...NO_HEADERS } },
  explain: { words: 'kinds', flags: {} },
  rollout: {
    words: ['status', 'history'],
    flags: { '-n': NAME, '--namespace': NAME, '--watch': /^false$/, '--revision': /^\d{1,9}$/ },
  },
  auth: { words: ['can-i'], flags: WHERE },
}

const refusal = {
  long: 'The command is too long',
  words: 'A command is words without quotes, separated by single spaces',
  verb: 'Only commands that read are allowed',
  secrets: 'Secrets are never read',
  follow: `logs needs --tail, at most ${MOST_LINES}`,
  flag: (flag: string): string => `The flag ${flag.split('=', 1)[0]} is not allowed`,
}

/** Why this command may not be sent, or null. It begins with its verb. */
export function commandProblem(command: string): string | null {
  if (command.length > LONGEST) return refusal.long
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(command) || /["'`\\$;&|<>()]/.test(command)) return refusal.words
  const [verb = '', ...rest] = command.split(' ')
  const rule = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (rule === undefined) return refusal.verb
  const read = readWords(rest, rule)
  if (typeof read === 'string') return read
  return wordsProblem(read.words, rule) ?? (verb === 'logs' && !isBounded(read.flags) ? refusal.follow : null)
}

interface Words {
  readonly words: readonly string[]
  readonly flags: ReadonlyMap<string, string>
}

function readWords(rest: readonly string[], { flags }: Verb): Words | string {
  const words: string[] = []
  const given = new Map<string, string>()
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? ''
    if (!word.startsWith('-')) {
      words.push(word)
      continue
    }
    const [name, inline] = splitOnce(word)
    const rule = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (rule === undefined) return refusal.flag(word)
    if (rule === none) {
      if (inline !== undefined) return refusal.flag(word)
      given.set(name, '')
      continue
    }
    const value = inline ?? rest[++at] ?? ''
    if (!rule.test(value)) return refusal.flag(word)
    given.set(name, value)
  }
  return { words, flags: given }
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

const SECRET = /^secrets?([./].*)?$/i

function wordsProblem(words: readonly string[], { words: rule }: Verb): string | null {
  if (words.flatMap((word) => word.split(',')).some((word) => SECRET.test(word))) return refusal.secrets
  if (words.some((word) => !/^[A-Za-z0-9][\w.,:/-]*$/.test(word))) return refusal.words
  switch (rule) {
    case 'kinds':
      return words.length > 0 ? null : refusal.words
    case 'pod':
      return words.length <= 2 ? null : refusal.words
    case 'none':
      return words.length === 0 ? null : refusal.words
    default:
      return rule.includes(words[0] ?? '') ? null : refusal.verb
  }
}

const isBounded = (flags: ReadonlyMap<string, string>): boolean => {
  const lines = flags.get('--tail')
  return lines !== undefined && Number(lines) <= MOST_LINES
}
