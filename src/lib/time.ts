/** UTC ISO 8601 with milliseconds and `Z`, as every timestamp of the API is written. */
export const iso = (ms: number): string => new Date(ms).toISOString()

/** The same, or null. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
