export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The day that was written last, and its date: the times of one answer mostly fall on few days. */
let written = { day: Number.NaN, date: '' }

/** UTC ISO 8601 with milliseconds and `Z`, as every timestamp of the API is written. @throws RangeError when it is no time */
export function iso(ms: number): string {
  const at = Math.trunc(ms)
  const day = Math.floor(at / DAY)
  // `Date` takes ten times as long, and a list of a hundred incidents has six hundred times.
  if (day !== written.day) {
    const text = new Date(at).toISOString()
    written = { day, date: text.slice(0, text.indexOf('T')) }
  }
  const rest = at - day * DAY
  const hours = two(Math.floor(rest / HOUR))
  const minutes = two(Math.floor(rest / MINUTE) % 60)
  const seconds = two(Math.floor(rest / SECOND) % 60)
  const thousandths = rest % SECOND
  return `${written.date}T${hours}:${minutes}:${seconds}.${thousandths < 100 ? `0${two(thousandths)}` : thousandths}Z`
}

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`)

/** The same, or null. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
