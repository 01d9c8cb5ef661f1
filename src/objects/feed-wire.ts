/**
 * What travels over the socket between an object and whoever shows its events: `start` once, then `event`s, and
 * `caught-up` between those that were stored before the socket came and those that came after.
 */
import * as z from 'zod'

const startSchema = z.object({
  /** The position the events follow on. */
  cursor: z.string(),
  /** The cursor asked for is too old or unknown: the reader has to read the resource again. */
  resync: z.boolean(),
  /** Whether a run is at work, where the source knows runs. */
  running: z.boolean().optional(),
})

export type Start = z.infer<typeof startSchema>

export type WireMessage =
  | { readonly kind: 'start'; readonly start: Start }
  | { readonly kind: 'event'; readonly id: string; readonly json: string }
  | { readonly kind: 'caught-up' }

const START = '>'
const CAUGHT_UP = '.'

/** What a socket's keeper sends now and then to learn whether the object still answers; it answers without waking up. */
export const PING = 'ping'
export const PONG = 'pong'

export const encodeStart = (start: Start): string => START + JSON.stringify(start)
export const encodeEvent = (id: number, json: string): string => `${id}\n${json}`
export const encodeCaughtUp = (): string => CAUGHT_UP

/** Null for anything that is not one of ours, such as the answer to a ping. */
export function decodeMessage(data: unknown): WireMessage | null {
  if (typeof data !== 'string') return null
  if (data === CAUGHT_UP) return { kind: 'caught-up' }
  if (data.startsWith(START)) return { kind: 'start', start: startSchema.parse(JSON.parse(data.slice(1))) }
  const end = data.indexOf('\n')
  return end < 1 ? null : { kind: 'event', id: data.slice(0, end), json: data.slice(end + 1) }
}

/** A cursor as a client sent it: null when there is none, `unknown` when it cannot be one of ours. */
export type AskedCursor = number | null | 'unknown'

export function parseCursor(text: string | null): AskedCursor {
  if (text === null) return null
  return /^\d{1,15}$/.test(text) ? Number(text) : 'unknown'
}

/** Sends, or ends the socket when it is dead or cannot take more: one reader never holds up another. */
export function sendOrDrop(socket: WebSocket, messages: readonly string[]): boolean {
  try {
    for (const message of messages) socket.send(message)
    return true
  } catch {
    closeQuietly(socket, 1011)
    return false
  }
}

/** Closes a socket that may be closed already. */
export function closeQuietly(socket: WebSocket, code: number): void {
  try {
    socket.close(code)
  } catch {
    // Already closed: nothing is left to do.
  }
}
