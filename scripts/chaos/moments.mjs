import { setTimeout as sleep } from 'node:timers/promises'

/** What a kill may wait for, how often, and how long it then waits on, ms. */
const AIMS = [
  { share: 0.2, after: 300 },
  { share: 0.2, until: /^tool call/, after: 250 },
  { share: 0.2, until: /^model stream/, after: 500 },
  { share: 0.15, until: /^last steps/, after: 150 },
  { share: 0.15, until: /^notification/, after: 150 },
  { share: 0.1, after: 3000 },
]
const PATIENCE = 8000

/**
 * Waits for the moment of the next kill, and tells what the product is doing in it: a share of the kills falls into the
 * first milliseconds, most wait until the product is at something, the rest come at any time.
 * @param {() => readonly string[]} phases
 * @param {() => number} random
 */
export async function momentOfKill(phases, random) {
  const { until, after } = aim(random())
  if (until) await itIsAt(until, phases)
  await sleep(random() * after)
  return phases()
}

async function itIsAt(wanted, phases) {
  const deadline = Date.now() + PATIENCE
  while (Date.now() < deadline && !phases().some((phase) => wanted.test(phase))) await sleep(3)
}

function aim(point) {
  let sum = 0
  return AIMS.find(({ share }) => (sum += share) > point) ?? AIMS.at(-1)
}
