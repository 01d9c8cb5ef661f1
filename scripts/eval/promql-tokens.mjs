const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*")|\[(?<range>\d+[smh])\]|(?<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?<name>[a-zA-Z_:][\w:]*)|(?<sign>=~|!~|!=|==|<=|>=|[-+*/(){},=<>]))\s*/y
const SECONDS = { s: 1, m: 60, h: 3600 }

/** The words of a PromQL expression as `{ kind, text }`: strings without their quotes, ranges in seconds. */
export function tokensOf(expression) {
  const tokens = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.length) {
    const found = TOKEN.exec(expression)
    if (found === null) throw new Error(`not understood: ${expression}`)
    const [kind, text] = Object.entries(found.groups).find(([, part]) => part !== undefined)
    tokens.push({ kind, text: valueOf(kind, text) })
  }
  return tokens
}

function valueOf(kind, text) {
  if (kind === 'string') return JSON.parse(text)
  return kind === 'range' ? String(Number(text.slice(0, -1)) * SECONDS[text.at(-1)]) : text
}
