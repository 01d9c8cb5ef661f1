/** What a structured log line says. JSON and logfmt put their texts into quotes, where masking would lose them. */
import * as z from 'zod'

const LEVELS = ['level', 'severity', 'lvl', 'log.level', 'severity_text', 'loglevel'] as const
const MESSAGES = ['message', 'msg', 'log', 'body', 'event', 'textPayload', 'short_message'] as const
const ERRORS = ['error', 'err', 'exception', 'error.message', 'exception.message'] as const

const fields = z.record(z.string(), z.unknown())
const wrapped = z.object({ message: z.string() })

/** Level, message and error of a JSON object or of logfmt; any other line as it is. */
export function textOfLine(line: string): string {
  const found = jsonFields(line) ?? logfmtFields(line)
  if (found === null) return line
  const textOf = (names: readonly string[]): readonly string[] =>
    names
      .flatMap((name) => {
        const value = found[name]
        const inner = wrapped.safeParse(value)
        return typeof value === 'string' && value !== '' ? value : inner.success ? inner.data.message : []
      })
      .slice(0, 1)
  const said = [...textOf(MESSAGES), ...textOf(ERRORS)]
  return said.length === 0
    ? line
    : [...textOf(LEVELS).map((level) => level.toUpperCase()), ...new Set(said)].join(' ')
}

function jsonFields(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null
  try {
    const read = fields.safeParse(JSON.parse(line))
    return read.success ? read.data : null
  } catch {
    return null
  }
}

/** `level=error msg="no free connection"`; null for lines that merely have an equals sign somewhere. */
function logfmtFields(line: string): Readonly<Record<string, unknown>> | null {
  if (!/(?:^|\s)(?:msg|message)=/.test(line)) return null
  const pairs = line.matchAll(/(?:^|\s)([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)
  return Object.fromEntries(
    Array.from(pairs, ([, name = '', quoted, bare]) => [name, quoted?.replaceAll('\\"', '"') ?? bare]),
  )
}
