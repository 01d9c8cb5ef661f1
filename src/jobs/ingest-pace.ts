/**
 * When a batch of deliveries is taken up. A batch costs the same few round trips whether it holds one delivery or a
 * hundred, so under load it pays to let some gather; and receiving comes before processing, which therefore leaves three
 * times as much time between two batches as the last one took. A lone delivery never waits.
 */

/** Time between the beginnings of two batches that are not full, ms. */
const APART_MS = 250
/** The longest time left for receiving after a batch, ms. */
const MOST_REST_MS = 1000
/** What the queue hands out at most at once; see `wrangler.toml`. */
const FULL = 100

/** When the last batch began and ended, ms. */
export interface LastBatch {
  readonly began: number
  readonly ended: number
}

/** How long a batch of so many messages waits at `now`, ms. */
export function waitFor(messages: number, { began, ended }: LastBatch, now: number): number {
  const gather = messages >= FULL ? 0 : began + APART_MS - now
  const rest = ended + Math.min(MOST_REST_MS, 3 * (ended - began)) - now
  // A clock that stepped back delays nothing for longer than it would have.
  return Math.min(MOST_REST_MS, Math.max(0, gather, rest))
}

/** Of this isolate; what it says is only ever a delay. */
let last: LastBatch = { began: 0, ended: 0 }

/** Processes a batch when it is its turn. */
export async function inTurn(messages: number, process: () => Promise<void>): Promise<void> {
  const wait = waitFor(messages, last, Date.now())
  if (wait > 0) await scheduler.wait(wait)
  const began = Date.now()
  try {
    await process()
  } finally {
    last = { began, ended: Date.now() }
  }
}
