import { stripVTControlCharacters } from 'node:util'

const noise = [
  /^\s+at /,
  /Logs were written to/,
  /^\s*$/,
  /^\s*Runtime stderr:/,
  /If you think this is a bug/,
  /please open an issue at|report.*github\.com\/cloudflare/i,
  /^\[wrangler:(info|inf)\]/,
  /^⎔|^▲ \[WARNING\] (Unable to fetch|The version of Wrangler)/,
]

/** The lines of wrangler's output that a person needs: no colours, no stack traces, no request lines. */
export function plainLines(text) {
  return stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => !noise.some((pattern) => pattern.test(line)))
}

/** One line of the running Worker's own log, without the frame that wrangler puts around it. */
export const workerLine = (line) => line.replace(/^[▲✘] \[(WARNING|ERROR)\] /, '')

/** What went wrong, as one short paragraph: the errors without the warnings between them, at most twelve lines. */
export function plainError(text) {
  const lines = plainLines(text)
  if (!lines.some((line) => line.includes('[ERROR]'))) return lines.slice(-12).join('\n').trim()
  let isError = false
  const errors = lines.filter((line) => {
    if (/^[▲✘] \[/.test(line)) isError = line.includes('[ERROR]')
    return isError
  })
  return errors.map(workerLine).slice(0, 12).join('\n').trim()
}

/** Calls `onLine` for each whole line that arrives on a stream. */
export function eachLine(stream, onLine) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => rest && onLine(rest))
}
