import { isDeepStrictEqual } from 'node:util'

const sorted = (value) => (Array.isArray(value) ? value.toSorted((a, b) => (a < b ? -1 : 1)) : value)

/** The members in which an incident is not as expected; those that are not named may be anything. */
const differences = (wanted, found) =>
  Object.keys(wanted).filter((key) => !isDeepStrictEqual(sorted(wanted[key]), sorted(found[key])))

const line = (mark, incident, keys) =>
  keys.map((key) => `    ${mark} ${key}: ${JSON.stringify(sorted(incident[key]))}`).join('\n')

/** How much a difference speaks against two being the same incident; what is not named here counts once. */
const weights = { title: 8, alerts: 4, service: 2 }
const distance = (keys) => keys.reduce((sum, key) => sum + (weights[key] ?? 1), 0)

/** Each expected incident with the made one that is most like it; null where none is like it at all. */
function pair(expected, made) {
  const left = new Set(made)
  const pairs = new Map()
  const choose = (wanted, accept) => {
    const [best] = [...left]
      .map((found) => ({ found, wrong: differences(wanted, found) }))
      .toSorted((a, b) => distance(a.wrong) - distance(b.wrong))
    if (best === undefined || !accept(best.wrong)) return
    left.delete(best.found)
    pairs.set(wanted, best)
  }
  // Those that say most first, and exact ones before others: nobody takes another's only one.
  const size = (wanted) => Object.keys(wanted).length
  const ordered = expected.toSorted((a, b) => size(b) - size(a))
  for (const wanted of ordered) choose(wanted, (wrong) => wrong.length === 0)
  for (const wanted of ordered) if (!pairs.has(wanted)) choose(wanted, (wrong) => wrong.length < size(wanted))
  return { pairs: expected.map((wanted) => ({ wanted, best: pairs.get(wanted) ?? null })), left }
}

/**
 * Holds the incidents that were made against the expected ones. An expected incident names any of `title`, `service`,
 * `severity`, `status`, `services` and `alerts` (titles); it is paired with the one that is most like it.
 * @returns {{ ok: boolean, text: string }}
 */
export function compare(expected, made) {
  const { pairs, left } = pair(expected, made)
  const lines = pairs.flatMap(({ wanted, best }) => {
    const name = wanted.title ?? wanted.service ?? wanted.alerts?.[0] ?? 'an incident'
    if (best === null) return [`  missing: ${name}`, line('-', wanted, Object.keys(wanted))]
    if (best.wrong.length === 0) return [`  as expected: ${name}`]
    return [`  different: ${name}`, line('-', wanted, best.wrong), line('+', best.found, best.wrong)]
  })
  for (const found of left) lines.push(`  not expected: ${found.title}`, line('+', found, Object.keys(found)))
  const ok = left.size === 0 && pairs.every(({ best }) => best?.wrong.length === 0)
  const head = ok
    ? 'The incidents are as expected.'
    : 'The incidents are not as expected (- expected, + made):'
  return { ok, text: [head, ...lines].join('\n') }
}
