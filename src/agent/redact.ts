/** Secrets are taken out of every text before it is stored, shown, logged or sent to a model. */

const WINDOW = 65_536
const OVERLAP = 512
/** The first two parts of a token, at most: without the third it is not seen. */
const LONGEST_WORD = 12_010

interface Rule {
  readonly name: string
  /** Group 1, where there is one, is the secret; else the whole match is. */
  readonly pattern: RegExp
  readonly check?: (match: string) => boolean
}

interface Range {
  /** Where the match begins, which may be before the secret. */
  readonly from: number
  readonly start: number
  readonly end: number
  readonly rule: string
}

const RULES: readonly Rule[] = [
  {
    name: 'private_key',
    pattern:
      /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?/dg,
  },
  { name: 'jwt', pattern: /\beyJ[\w-]{4,4000}\.[\w-]{4,8000}\.[\w-]{4,}/dg },
  {
    name: 'auth_header',
    pattern:
      /(?<![\w-])(?:authorization|set-cookie|cookie|x-api-key)["'\\]*\s*[:=]\s*["'\\]*(?!\[REDACTED:)([^\s"'\\][^\r\n"'\\]*)/dgi,
  },
  {
    name: 'auth_header',
    pattern: /\bbearer\s+(?!authenti|authori|credential|token\b)([\w.~+/-]{8,}=*)/dgi,
  },
  {
    name: 'auth_header',
    pattern: /\b[Bb][Aa][Ss][Ii][Cc]\s+(?=[a-z+/]*[A-Z0-9=])([A-Za-z0-9+/]{8,}={0,2})/dg,
  },
  { name: 'cloud_key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/dg },
  {
    name: 'cloud_key',
    pattern: /secret[^\n]{0,40}?(?<![A-Za-z0-9/+])([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/dgi,
  },
  { name: 'cloud_key', pattern: /AIza[\w-]{35}/dg },
  { name: 'cloud_key', pattern: /AccountKey=([A-Za-z0-9+/]{20,}={0,2})/dgi },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])gh[opsur]_[A-Za-z0-9]{36,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])github_pat_\w{22,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])glpat-[\w-]{20,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])xox[abpr]-[\w-]{10,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])sk_live_[A-Za-z0-9]{16,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9-])sk-(?=[\w-]*\d)[\w-]{20,}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])NRAK-[A-Z0-9]{27}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}/dg },
  { name: 'vendor_token', pattern: /(?<![A-Za-z0-9])shpat_[a-fA-F0-9]{32}/dg },
  {
    name: 'connection_string',
    pattern: /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/"']*:(?!\[REDACTED:)([^\s@/"']+)@/dgi,
  },
  {
    name: 'assignment',
    pattern:
      /(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]key)["'\\]*\s*[:=]\s*(?:\\?"(?!\[REDACTED:)([^"\\\n]+)|\\?'(?!\[REDACTED:)([^'\\\n]+)|(?!\[REDACTED:)([^\s"'\\,;&)}\]]+))/dgi,
  },
  {
    name: 'card',
    // Groups of digits inside a UUID are none.
    pattern:
      /(?<![\d.]|[0-9a-fA-F]{8}-|[0-9a-fA-F]{4})(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5})(?![\d.]\d|\d)/dg,
    check: isCard,
  },
  { name: 'own_secret', pattern: /(?<![0-9A-Za-z])aw[0-9A-Za-z]{30}(?![0-9A-Za-z])/dg },
]

/** Luhn over 13 to 19 digits. Epoch times in ms, us and ns start with 1, which no card of these lengths does. */
function isCard(match: string): boolean {
  const digits = match.replaceAll(/\D/g, '')
  if (digits.length < 13 || digits.length > 19) return false
  if (digits.startsWith('1') && digits.length !== 15) return false
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && sum > 0
}

/**
 * `text` with every secret replaced by `[REDACTED:<rule>]`; `[REDACTED:error]` when that fails.
 * `secrets` are values known to be secret, such as those of the connection in use.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  try {
    return replaceRanges(text, rangesOf(text, secrets))
  } catch {
    return '[REDACTED:error]'
  }
}

function rangesOf(text: string, secrets: readonly string[]): readonly Range[] {
  const found: Range[] = []
  for (const secret of secrets) {
    if (secret.length < 4) continue
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
      found.push({ from: at, start: at, end: at + secret.length, rule: 'own_secret' })
    }
  }
  let start = 0
  while (start < text.length) {
    const end = Math.min(text.length, start + WINDOW)
    const ranges = rangesInWindow(text.slice(start, end), start)
    found.push(...ranges)
    if (end === text.length) break
    // A secret that runs into the window's end is looked at again, whole, in the next window.
    const cut = ranges.filter((range) => range.end === end && range.from > start).map((range) => range.from)
    start = Math.min(end - OVERLAP, wordStart(text, end), ...cut)
  }
  return found
}

/** Where the word begins that runs over this place. */
function wordStart(text: string, place: number): number {
  let start = place
  while (start > place - LONGEST_WORD && /[\w.-]/.test(text.charAt(start - 1))) start--
  return start
}

function rangesInWindow(window: string, offset: number): readonly Range[] {
  return RULES.flatMap((rule) =>
    [...window.matchAll(rule.pattern)].flatMap((match) => {
      const from = offset + match.index
      if (rule.check !== undefined) {
        return rule.check(match[0])
          ? [{ from, start: from, end: from + match[0].length, rule: rule.name }]
          : []
      }
      const groups: readonly ([number, number] | undefined)[] = match.indices?.slice(1) ?? []
      const [start, end] = groups.find((group) => group !== undefined) ?? [
        match.index,
        match.index + match[0].length,
      ]
      return [{ from, start: offset + start, end: offset + end, rule: rule.name }]
    }),
  )
}

function replaceRanges(text: string, ranges: readonly Range[]): string {
  let result = ''
  let done = 0
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (range.end <= done) continue
    // Overlapping finds are one secret: its first rule names it.
    if (range.start >= done) result += `${text.slice(done, range.start)}[REDACTED:${range.rule}]`
    done = range.end
  }
  return result + text.slice(done)
}

const SECRET_KEY =
  /(?:^|[_.\s-])(?:password|passwd|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|authorization|cookie)$/i

/** Whether a JSON member of this name holds a secret, whatever its value looks like. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) || SECRET_KEY.test(key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2'))
}
