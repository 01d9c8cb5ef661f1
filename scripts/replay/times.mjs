const MARK = /\{\{now(?:([+-])(\d+)(s|m|h))?\}\}/g
const MS = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * A recorded payload with times of today: `{{now}}`, `{{now-5m}}` and `{{now+30s}}` in its texts become ISO times, since a
 * vendor's time of last year would be taken for an error.
 */
export function withTimes(value, now) {
  if (typeof value === 'string')
    return value.replaceAll(MARK, (_, sign, amount = '0', unit = 's') =>
      new Date(now + (sign === '-' ? -1 : 1) * Number(amount) * MS[unit]).toISOString(),
    )
  if (Array.isArray(value)) return value.map((item) => withTimes(item, now))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTimes(item, now)]))
  return value
}
