/**
 * Robust anomaly score of one series: distance from the baseline's median in units of its spread, the modified z-score of
 * Iglewicz and Hoaglin ("How to Detect and Handle Outliers", 1993) with the interquartile range.
 */

const BASELINE_FROM = 3600
const BASELINE_TO = 300
const WINDOW_BEFORE = 1800
const WINDOW_AFTER = 900
const MIN_POINTS = 10
const THRESHOLD = 6
/** Clocks and steps differ: what ends this long before something (ms) may still have led to it. */
export const LED_TO_MS = 120_000

/** `[time in ms, value]`. */
export type Point = readonly [number, number]

export interface SeriesScore {
  readonly anomalous: boolean
  /** Largest z around the onset. */
  readonly zmax: number
  /** First point of what is anomalous, ms; null when nothing is. */
  readonly onset: number | null
  /** Its last point, ms; Infinity while it is not known to be over. */
  readonly until: number | null
  readonly direction: 'up' | 'down' | null
  /** Largest distance from the median in the unit of the series, while it is anomalous. */
  readonly excess: number
}

/** The smallest change that means anything, in the unit of a series. */
export interface Least {
  readonly minDelta: number
  /** Where usual is less than that: as much again, from this on. */
  readonly doubledFrom?: number
}

/** Median and scale of a baseline; null when the scale is 0, since then nothing can be compared. */
export function baselineOf(
  values: readonly number[],
  { minDelta, doubledFrom = minDelta }: Least,
): { readonly median: number; readonly scale: number } | null {
  const sorted = values.toSorted((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25)
  const least = Math.min(minDelta, Math.max(doubledFrom, Math.abs(median)))
  const scale = Math.max(spread / 1.349, 0.05 * Math.abs(median), least / THRESHOLD)
  return scale > 0 ? { median, scale } : null
}

/** Linear interpolation between the two nearest ranks of a sorted list. */
export function quantile(sorted: readonly number[], part: number): number {
  const position = (sorted.length - 1) * part
  const low = sorted[Math.floor(position)] ?? 0
  const high = sorted[Math.ceil(position)] ?? low
  return low + (high - low) * (position - Math.floor(position))
}

export const zOf = (value: number, baseline: { readonly median: number; readonly scale: number }): number =>
  Math.abs(value - baseline.median) / baseline.scale

/**
 * Scores a series against the onset of the incident (ms); null when its baseline says too little. An anomaly that lasts
 * until the onset or came after it goes before one that was over by then.
 */
export function scoreSeries(points: readonly Point[], onset: number, least: Least): SeriesScore | null {
  const at = (seconds: number): number => onset + seconds * 1000
  const before = points.filter(([time]) => time >= at(-BASELINE_FROM) && time <= at(-BASELINE_TO))
  if (before.length < MIN_POINTS) return null
  const baseline = baselineOf(
    before.map(([, value]) => value),
    least,
  )
  if (baseline === null) return null
  const around = points
    .filter(([time]) => time >= at(-WINDOW_BEFORE) && time <= at(WINDOW_AFTER))
    .toSorted((a, b) => a[0] - b[0])
  const zmax = Math.max(0, ...around.map(([, value]) => zOf(value, baseline)))
  const stretches = stretchesOf(around, baseline)
  // What happens now is measured late, and the last point may be of a part of its minute.
  const recent = around.at(-2)?.[0] ?? Infinity
  const endOf = (stretch: Stretch): number => {
    const last = stretch.at(-1)?.[0] ?? 0
    return last >= recent ? Infinity : last
  }
  const lasting = stretches.filter((stretch) => endOf(stretch) >= onset - LED_TO_MS)
  const chosen = lasting.length > 0 ? lasting : stretches.slice(-1)
  const start = chosen[0]?.[0]
  if (start === undefined) return { ...QUIET, zmax }
  return {
    anomalous: true,
    zmax,
    onset: start[0],
    until: Math.max(...chosen.map(endOf)),
    direction: start[1] > baseline.median ? 'up' : 'down',
    excess: Math.max(...chosen.flat().map(([, value]) => Math.abs(value - baseline.median))),
  }
}

/** What a series says in which nothing is anomalous. */
export const QUIET = { anomalous: false, onset: null, until: null, direction: null, excess: 0 } as const

/** Anomalous points, at least two in a row. */
type Stretch = readonly Point[]

/** From the earliest to the latest. */
function stretchesOf(
  points: readonly Point[],
  baseline: { readonly median: number; readonly scale: number },
): readonly Stretch[] {
  const stretches: Point[][] = [[]]
  for (const point of points) {
    // A hair below the threshold by rounding alone is at the threshold.
    if (zOf(point[1], baseline) >= THRESHOLD - 1e-9) stretches.at(-1)?.push(point)
    else stretches.push([])
  }
  return stretches.filter((stretch) => stretch.length > 1)
}
