/** Ids: UUID v7, so that they sort by creation time and carry it. RFC 9562, section 5.7. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A new UUID v7 for `now` (ms since the epoch), lower-case. */
export function newId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0')
  const rest = randomDigits(19)
  const variant = (8 + (Number.parseInt(rest[0] ?? '0', 16) & 3)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(1, 4)}-${variant}${rest.slice(4, 7)}-${rest.slice(7)}`
}

/** Random hexadecimal digits in stock: asking the runtime for a few costs as much as asking for many. Each is given out once. */
let stock = ''

function randomDigits(count: number): string {
  if (stock.length < count) stock = crypto.getRandomValues(new Uint8Array(1024)).toHex()
  const digits = stock.slice(0, count)
  stock = stock.slice(count)
  return digits
}

/**
 * Ids of one moment that sort in the order in which they are made: a counter in the bits behind the time. RFC 9562, section
 * 6.2, method 1.
 */
export function idsInOrder(now: number): () => string {
  let made = 0
  return () => {
    const id = newId(now + Math.floor(made / 4096))
    const place = (made % 4096).toString(16).padStart(3, '0')
    made += 1
    return id.slice(0, 15) + place + id.slice(18)
  }
}

/** The id in lower case when `text` is a UUID of any version and case, else null. */
export function parseId(text: string): string | null {
  const lower = text.toLowerCase()
  return UUID.test(lower) ? lower : null
}

/** The creation time inside a UUID v7, ms since the epoch. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
