import { randomFrom } from '../lib/random.mjs'

/** Everything random about one request comes from its own dice: a request can be repeated without those before it. */
export function diceFor(seed, index) {
  const random = randomFrom(Math.imul(seed, 2_654_435_761) ^ Math.imul(index + 1, 40_503))
  const below = (count) => Math.floor(random() * count)
  return {
    below,
    chance: (share) => random() < share,
    pick: (list) => list[below(list.length)],
    /** A whole number, both ends included. */
    between: (from, to) => from + below(to - from + 1),
    hex: (length) => Array.from({ length }, () => below(16).toString(16)).join(''),
    /** A random UUID of version 7, so that it looks like ours. */
    uuid() {
      const hex = this.hex(32)
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
    },
  }
}
