/** Reading the times that vendors send. Results are ms since the epoch. */
import { DAY, MINUTE, SECOND } from '../lib/time'

const NUMBER = /^(\d+)(?:\.\d+)?$/
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?$/i
/** The last instant that a Date can hold. */
const LAST = 8.64e15

/** Epoch numbers of any unit, told apart by their digits, and ISO 8601 (without an offset UTC); null when not set. */
export function parseTime(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const text = String(value).trim()
  const digits = NUMBER.exec(text)?.[1]
  return digits === undefined ? parseIso(text) : fromEpoch(Number(text), digits.length)
}

/** Vendors' clocks are believed within a week back and five minutes ahead of the receipt. */
export const clampTime = (time: number, receivedAt: number): number =>
  Math.min(Math.max(time, receivedAt - 7 * DAY), receivedAt + 5 * MINUTE)

function fromEpoch(amount: number, digits: number): number | null {
  const time = Math.floor(toMs(amount, digits))
  return time > 0 && time <= LAST ? time : null
}

function toMs(amount: number, digits: number): number {
  if (digits >= 17) return amount / 1_000_000
  if (digits >= 14) return amount / 1000
  return digits >= 12 ? amount : amount * SECOND
}

function parseIso(text: string): number | null {
  const match = ISO.exec(text)
  if (match === null) return null
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  // Year 1 is how Go writes "not set".
  if (year <= 1 || hour > 23 || minute > 59 || second > 60 || part(10) > 23 || part(11) > 59) return null
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null
  const offset = (match[9] === '-' ? -1 : 1) * (part(10) * 60 + part(11))
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return midnight.getTime() + ((hour * 60 + minute - offset) * 60 + second) * SECOND + milliseconds
}
