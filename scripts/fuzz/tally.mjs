import { table } from '../lib/table.mjs'

const describeRequest = ({ kind, method, path, headers, body }) =>
  [
    `${kind} ${method} ${path.slice(0, 300)}`,
    [...headers].map(([name, value]) => `${name}: ${value.slice(0, 40)}`).join(', '),
    `sent ${String(body).slice(0, 400)}`,
  ].join('\n      ')

/** What was sent, answered and wrong, by operation; the same problem is kept once, with its first example. */
export class Tally {
  #counts
  #problems = new Map()
  #slowest = 0

  constructor(operations) {
    this.#counts = new Map(operations.map(({ name }) => [name, { sent: 0, ok: 0, refused: 0, wrong: 0 }]))
  }

  answered({ name }, { status }, took) {
    const count = this.#counts.get(name)
    count.sent++
    if (status < 400) count.ok++
    else count.refused++
    this.#slowest = Math.max(this.#slowest, took)
  }

  wrong({ name }, request, answer, problem) {
    this.#counts.get(name).wrong++
    const got = answer === null ? 'got nothing' : `got ${answer.status} ${answer.text.slice(0, 400)}`
    this.note(`${name}: ${problem}`, `${describeRequest(request)}\n      ${got}`)
  }

  note(problem, example = '') {
    const known = this.#problems.get(problem) ?? { times: 0, example }
    this.#problems.set(problem, { ...known, times: known.times + 1 })
  }

  /** Prints everything; answers how many kinds of problems there were. */
  print(seconds) {
    const rows = [...this.#counts].map(([name, { sent, ok, refused, wrong }]) => [
      name,
      sent,
      ok,
      refused,
      wrong,
    ])
    const sent = rows.reduce((sum, [, some]) => sum + some, 0)
    const well = rows.filter(([, , ok]) => ok > 0).length
    console.log(table(['operation', 'sent', 'answered', 'refused', 'wrong'], rows))
    console.log(
      `\n${sent} requests in ${seconds.toFixed(0)} s (${(sent / seconds).toFixed(0)} a second), slowest ${this.#slowest} ms; ${well} of ${rows.length} operations were answered well at least once`,
    )
    for (const [problem, { times, example }] of this.#problems)
      console.log(`\n✗ ${problem} (${times} times)\n      ${example}`)
    return this.#problems.size
  }
}
