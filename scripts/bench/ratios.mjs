import { requestBytes } from './connection.mjs'
import { measureThroughput } from './load.mjs'

/** What a read with everything around it should reach of the bare one. */
export const TARGET = 0.7

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Throughput of routes against each other: short rounds in turn, each route in each, every other time backwards, so that what
 * else the machine does meets all of them alike. A ratio is the median of the rounds' ratios.
 * @param {number} port
 * @param {{ name: string, of?: string, request: object }[]} routes `of` names the bare route that reads the same rows
 * @returns {Promise<{ name, perSecond: number, ofBare: number | null, ofPlain: number, refused: number }[]>}
 */
export async function measureRatios(port, routes, { rounds = 15, seconds = 0.4 } = {}) {
  const known = routes.map((route) => {
    const bytes = requestBytes(route.request)
    return { ...route, rates: [], refused: 0, next: () => bytes }
  })
  for (const { next } of known) await measureThroughput(port, next, { seconds: 1 })
  for (let round = 0; round < rounds; round++)
    for (const route of round % 2 === 0 ? known : known.toReversed()) {
      const { perSecond, refused } = await measureThroughput(port, route.next, { seconds })
      route.rates.push(perSecond)
      route.refused += refused
    }
  const [plain] = known
  const ratio = ({ rates }, base) => median(rates.map((rate, round) => rate / base.rates[round]))
  return known.map((route) => {
    const bare = known.find(({ name }) => name === route.of)
    return {
      name: route.name,
      perSecond: median(route.rates),
      ofBare: bare === undefined ? null : ratio(route, bare),
      ofPlain: ratio(route, plain),
      refused: route.refused,
    }
  })
}
