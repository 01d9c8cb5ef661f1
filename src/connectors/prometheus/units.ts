/** Numbers of a metric in the unit of its kind: seconds, bytes, shares from 0 to 1, a second. */

export type Unit =
  | 'as_is'
  | 'milliseconds'
  | 'microseconds'
  | 'nanoseconds'
  /** A share, in percent where its numbers show it. */
  | 'share'
  /** The same, of what went well or is left. */
  | 'share_of_good'
  | 'kibibytes'
  | 'mebibytes'
  /** Nothing says it: judged by the size of the numbers. */
  | 'some_time'
  | 'some_bytes'

const FACTORS: Readonly<Partial<Record<Unit, number>>> = {
  milliseconds: 1e-3,
  microseconds: 1e-6,
  nanoseconds: 1e-9,
  kibibytes: 1024,
  mebibytes: 1_048_576,
}

const TIMES: readonly (readonly [RegExp, Unit])[] = [
  [/(?:^|_)(?:ms|msecs?|millis|milliseconds?)(?:_|$)/, 'milliseconds'],
  [/(?:^|_)(?:us|usecs?|micros|microseconds?)(?:_|$)/, 'microseconds'],
  [/(?:^|_)(?:ns|nanos|nanoseconds?)(?:_|$)/, 'nanoseconds'],
  [/(?:^|_)(?:s|secs?|seconds?)(?:_|$)/, 'as_is'],
]
const SIZES: readonly (readonly [RegExp, Unit])[] = [
  [/(?:^|_)(?:kb|kib|kilobytes|kibibytes)(?:_|$)/, 'kibibytes'],
  [/(?:^|_)(?:mb|mib|megabytes|mebibytes)(?:_|$)/, 'mebibytes'],
  [/(?:^|_)bytes(?:_|$)/, 'as_is'],
]

const unitIn = (units: typeof TIMES, name: string, otherwise: Unit): Unit =>
  units.find(([pattern]) => pattern.test(name))?.[1] ?? otherwise

/** The unit in which a metric of this name counts time. */
export const timeUnitOf = (name: string): Unit => unitIn(TIMES, name, 'some_time')

/** The unit in which a metric of this name counts memory. */
export const sizeUnitOf = (name: string): Unit => unitIn(SIZES, name, 'some_bytes')

/** Numbers in the kind's unit, with three digits and four decimals at most; null stays null. */
export function converted(values: readonly (number | null)[], unit: Unit): readonly (number | null)[] {
  const known = values.filter((value) => value !== null)
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const factor =
    FACTORS[unit] ?? guessed(unit, known.toSorted((a, b) => a - b)[known.length >> 1] ?? 0, largest)
  return values.map((value) => {
    if (value === null) return null
    const exact = unit === 'share_of_good' ? 1 - value * factor : value * factor
    return Math.round(Number(exact.toPrecision(3)) * 10_000) / 10_000
  })
}

/** No service takes ten seconds for its usual request, and none lives in less than a mebibyte. */
function guessed(unit: Unit, median: number, largest: number): number {
  switch (unit) {
    case 'some_time':
      return median >= 10_000 ? 1e-6 : median >= 10 ? 1e-3 : 1
    case 'some_bytes':
      return largest < 1_048_576 ? 1_048_576 : 1
    case 'share':
    case 'share_of_good':
      return largest > 1.5 ? 0.01 : 1
    default:
      return 1
  }
}
