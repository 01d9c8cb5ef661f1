// What simple methods would have answered: services, the most suspicious first. A case is
// `{ alerts, onset, series, edges }`: the alerting service of each alert in order, and the first alert's time in seconds.

const WINDOW_BEFORE = 1800
const BASELINE = 3600
const TAIL = 300

/** Quantile by linear interpolation. */
function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * part
  const low = Math.floor(position)
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (position - low)
}

/** Scores by service: `score(baseline, window)` of each series, the largest counts. */
function byService({ series, onset }, score) {
  const scores = new Map()
  for (const { labels, points } of series) {
    const values = (from, to) => points.flatMap(([at, value]) => (at >= from && at <= to ? [value] : []))
    const baseline = values(onset - BASELINE, onset - TAIL)
    const window = values(onset - WINDOW_BEFORE, onset + 3 * TAIL)
    if (baseline.length < 5 || window.length === 0) continue
    const found = score(baseline, window)
    if (Number.isFinite(found)) scores.set(labels.service, Math.max(scores.get(labels.service) ?? 0, found))
  }
  return scores
}

const ranked = (scores) =>
  [...scores].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([service]) => service)

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function zScore(baseline, window) {
  const middle = mean(baseline)
  const spread = Math.sqrt(mean(baseline.map((value) => (value - middle) ** 2)))
  return Math.max(...window.map((value) => Math.abs(value - middle))) / spread
}

/** BARO's robust scorer: distance from the median in interquartile ranges (Pham et al., FSE 2024). */
function robust(baseline, window) {
  const range = quantile(baseline, 0.75) - quantile(baseline, 0.25)
  return Math.max(...window.map((value) => Math.abs(value - quantile(baseline, 0.5)))) / range
}

/** Down the call graph from the alerting services, to where what is unusual calls nothing unusual. */
function traversal(one) {
  const { alerts, edges } = one
  const unusual = byService(one, zScore)
  const isUnusual = (service) => (unusual.get(service) ?? 0) > 3
  const seen = new Set(alerts)
  const ends = []
  for (const service of seen) {
    const next = edges.filter(({ from, to }) => from === service && isUnusual(to)).map(({ to }) => to)
    if (next.length === 0) ends.push(service)
    for (const one of next) seen.add(one)
  }
  return ends.toSorted((a, b) => (unusual.get(b) ?? 0) - (unusual.get(a) ?? 0) || (a < b ? -1 : 1))
}

/** Services by their number of alerts, the first to alert before its equals. */
function byAlerts({ alerts }) {
  const count = (service) => alerts.filter((other) => other === service).length
  return [...new Set(alerts)].toSorted((a, b) => count(b) - count(a))
}

export const baselines = {
  'alert count': byAlerts,
  'max |z|': (one) => ranked(byService(one, zScore)),
  traversal,
  'BARO robust scorer': (one) => ranked(byService(one, robust)),
}
