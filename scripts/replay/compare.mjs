import { isDeepStrictEqual } from 'node:util'

const ordered = (value) => (Array.isArray(value) ? value.toSorted((a, b) => (a < b ? -1 : 1)) : value)

/** The members in which an incident is not as expected; those that are not named may be anything. */
const differences = (wanted, found) =>
  Object.keys(wanted).filter((key) => !isDeepStrictEqual(ordered(wanted[key]), ordered(found[key])))

const line = (mark, incident, keys) =>
  keys.map((key) => `    ${mark} ${key}: ${JSON.stringify(ordered(incident[key]))}`).join('\n')

/**
 * Holds the incidents that were made against the expected ones. An expected incident names any of `title`, `service`,
 * `severity`, `status`, `services` and `alerts` (titles); it is paired with the one that is most like it.
 * @returns {{ ok: boolean, text: string }}
 */
export function compare(expected, made) {
  const left = [...made]
  const lines = []
  let ok = true
  for (const wanted of expected) {
    const [best] = left
      .map((found) => ({ found, wrong: differences(wanted, found) }))
      .toSorted((a, b) => a.wrong.length - b.wrong.length)
    const name = wanted.title ?? wanted.service ?? wanted.alerts?.[0] ?? 'an incident'
    if (best === undefined || best.wrong.length === Object.keys(wanted).length) {
      ok = false
      lines.push(`  missing: ${name}`, line('-', wanted, Object.keys(wanted)))
      continue
    }
    left.splice(left.indexOf(best.found), 1)
    if (best.wrong.length === 0) lines.push(`  as expected: ${name}`)
    else {
      ok = false
      lines.push(`  different: ${name}`, line('-', wanted, best.wrong), line('+', best.found, best.wrong))
    }
  }
  for (const found of left) {
    ok = false
    lines.push(`  not expected: ${found.title}`, line('+', found, Object.keys(found)))
  }
  const head = ok
    ? 'The incidents are as expected.'
    : 'The incidents are not as expected (- expected, + made):'
  return { ok, text: [head, ...lines].join('\n') }
}
