import { readFileSync } from 'node:fs'

/** Established, and closed by the other side only. */
const OPEN = new Set(['01', '08'])

/** How many connections the server on this port of 127.0.0.1 still holds, or null where that cannot be read. */
export function heldBy(port) {
  const local = `:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`
  try {
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, address, , state]) => address?.endsWith(local) && OPEN.has(state)).length
  } catch {
    return null
  }
}
