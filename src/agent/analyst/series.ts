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

/** `[time in ms, value]`. */
export type Point = readonly [number, number]

export interface SeriesScore {
  readonly anomalous: boolean
  /** Largest z around the onset. */
  readonly zmax: number
  /** First of the two consecutive anomalous points, ms; null when there are none. */
  readonly onset: number | null
  readonly direction: 'up' | 'down' | null
}

/** Median and scale of a baseline; null when the scale is 0, since then nothing can be compared. */
export function baselineOf(
  values: readonly number[],
  minDelta: number,
): { readonly median: number; readonly scale: number } | null {
  const sorted = values.toSorted((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25)
  const scale = Math.max(spread / 1.349, 0.05 * Math.abs(median), minDelta / 6)
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

/** Scores a series against the onset of the incident (ms); null when its baseline says too little. */
export function scoreSeries(points: readonly Point[], onset: number, minDelta: number): SeriesScore | null {
  const at = (seconds: number): number => onset + seconds * 1000
  const before = points.filter(([time]) => time >= at(-BASELINE_FROM) && time <= at(-BASELINE_TO))
  if (before.length < MIN_POINTS) return null
  const baseline = baselineOf(
    before.map(([, value]) => value),
    minDelta,
  )
  if (baseline === null) return null
  const around = points
    .filter(([time]) => time >= at(-WINDOW_BEFORE) && time <= at(WINDOW_AFTER))
    .toSorted((a, b) => a[0] - b[0])
  // A hair below the threshold by rounding alone is at the threshold.
  const strange = around.map(([, value]) => zOf(value, baseline) >= THRESHOLD - 1e-9)
  const first = strange.findIndex((here, index) => here && strange[index + 1] === true)
  const zmax = Math.max(0, ...around.map(([, value]) => zOf(value, baseline)))
  const start = around[first]
  if (start === undefined) return { anomalous: false, zmax, onset: null, direction: null }
  return { anomalous: true, zmax, onset: start[0], direction: start[1] > baseline.median ? 'up' : 'down' }
}
