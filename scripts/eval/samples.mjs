// What Prometheus computes from samples `[seconds, value]` in the order of time.

/** Seconds for which a sample stands until the next one. */
const LOOKBACK = 300

/** How many of the points are not later than a time. */
function countUntil(points, time) {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (points[middle][0] <= time) low = middle + 1
    else high = middle
  }
  return low
}

/** The newest value at a time, null when it is too old. */
export function newestOf(points, time) {
  const found = points[countUntil(points, time) - 1]
  return found !== undefined && time - found[0] < LOOKBACK ? found[1] : null
}

/** How much a counter grew within `range` seconds, continued to the ends of the range as Prometheus does. */
export function increaseOf(points, time, range) {
  const inside = points.slice(countUntil(points, time - range), countUntil(points, time))
  if (inside.length < 2) return null
  const [first, last] = [inside[0], inside.at(-1)]
  let increase = last[1] - first[1]
  for (let index = 1; index < inside.length; index++)
    if (inside[index][1] < inside[index - 1][1]) increase += inside[index - 1][1]
  const sampled = last[0] - first[0]
  const between = sampled / (inside.length - 1)
  const edge = (gap) => (gap < between * 1.1 ? gap : between / 2)
  let start = edge(first[0] - (time - range))
  // A counter does not begin below zero.
  if (increase > 0 && first[1] >= 0) start = Math.min(start, sampled * (first[1] / increase))
  return (increase * (sampled + start + edge(time - last[0]))) / sampled
}

/** Labels but for some. */
export const without = (labels, names) =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)))

/** The same text for the same labels. */
export const identityOf = (labels) =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** Quantiles by linear interpolation within buckets, one for each set of labels but `le`. */
export function histogramQuantile(share, vector) {
  const groups = Object.groupBy(vector, ({ labels }) => identityOf(without(labels, ['le', '__name__'])))
  return Object.entries(groups).flatMap(([key, group]) => {
    const buckets = group
      .map(({ labels, value }) => ({ le: labels.le === '+Inf' ? Infinity : Number(labels.le), value }))
      .toSorted((a, b) => a.le - b.le)
    // Rates of buckets that were not read at one moment may fall where they should rise.
    for (let index = 1; index < buckets.length; index++)
      buckets[index].value = Math.max(buckets[index].value, buckets[index - 1].value)
    const total = buckets.at(-1)?.value ?? 0
    if (buckets.at(-1)?.le !== Infinity || buckets.length < 2 || total === 0) return []
    const rank = share * total
    const at = buckets.findIndex(({ value }) => value >= rank)
    const below = buckets[at - 1] ?? { le: 0, value: 0 }
    const labels = Object.fromEntries(JSON.parse(key))
    if (at === buckets.length - 1) return [{ labels, value: below.le }]
    const { le, value } = buckets[at]
    return [{ labels, value: below.le + ((le - below.le) * (rank - below.value)) / (value - below.value) }]
  })
}
