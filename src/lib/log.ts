/** Structured logs: one JSON object a line, event names `noun.verb`. Secrets, prompts and payloads have no field. */

type Level = 'info' | 'warn' | 'error'
type Field = string | number | boolean | null | undefined

function write(level: Level, event: string, fields: Readonly<Record<string, Field>>): void {
  // The platform collects the console; this is the one place that writes to it.
  // oxlint-disable-next-line no-console -- the log sink itself
  console[level](JSON.stringify({ level, event, ...fields }))
}

/** The text of an unknown error for the log. Only our own and the runtime's texts: a driver's message can quote SQL and its parameters. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!QUOTES_A_QUERY.test(error.message)) return error.message
  return error.cause === undefined ? 'query failed' : describeError(error.cause)
}

/** Drizzle's wrapper has no name of its own; its text is the whole statement with every parameter. */
const QUOTES_A_QUERY = /^Failed query:/

export const log = {
  info: (event: string, fields: Readonly<Record<string, Field>> = {}): void => write('info', event, fields),
  warn: (event: string, fields: Readonly<Record<string, Field>> = {}): void => write('warn', event, fields),
  error: (event: string, error: unknown, fields: Readonly<Record<string, Field>> = {}): void =>
    write('error', event, {
      ...fields,
      error: describeError(error),
      stack: error instanceof Error ? stackOf(error) : undefined,
    }),
}

/** Where it happened, without the message (see `describeError`). */
function stackOf(error: Error): string | undefined {
  return error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .join('\n')
}
