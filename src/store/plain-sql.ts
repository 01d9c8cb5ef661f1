/** SQL as text with its parameters. Drizzle's own `sql` is turned into text by a dialect, which takes its time. */

type Value = string | number | null

/** SQL with `?` for each value. */
export class Plain {
  readonly text: string
  readonly values: readonly Value[]

  constructor(text: string, values: readonly Value[]) {
    this.text = text
    this.values = values
  }
}

/** SQL as it is written: a value becomes a parameter, other SQL becomes part of this one. */
export function plain(strings: TemplateStringsArray, ...parts: readonly (Value | Plain)[]): Plain {
  let written = strings[0] ?? ''
  const values: Value[] = []
  parts.forEach((part, index) => {
    if (part instanceof Plain) {
      written += part.text
      values.push(...part.values)
    } else {
      written += '?'
      values.push(part)
    }
    written += strings[index + 1] ?? ''
  })
  return new Plain(written, values)
}

/** Nothing, where a part is optional. */
export const NOTHING = new Plain('', [])

/**
 * At most so many rows, written out: SQLite prepares a statement anew each time that a bound LIMIT is set, which takes longer
 * than most reads. @throws RangeError for what is no whole number
 */
export function limitedTo(count: number): Plain {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`no limit: ${count}`)
  return new Plain(`LIMIT ${count}`, [])
}
