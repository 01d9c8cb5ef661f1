/**
 * The readers of a room: hibernatable sockets, each with the number of the last frame it was given. Replay and live are
 * one thing, "what the log has after your number", in one synchronous turn, so that nothing falls between.
 */
import * as z from 'zod'
import {
  closeQuietly,
  encodeCaughtUp,
  encodeEvent,
  encodeStart,
  parseCursor,
  PING,
  PONG,
  sendOrDrop,
  type AskedCursor,
} from './feed-wire'
import type { FrameLog } from './frame-log'

const seatSchema = z.object({ userId: z.string(), after: z.number() })
type Seat = z.infer<typeof seatSchema>

/** Where a session's reader asks for a seat, as `fetch` of the room gets it. */
export function roomAddress(reader: { readonly userId: string; readonly after: string | null }): string {
  const query = new URLSearchParams({ user: reader.userId })
  if (reader.after !== null) query.set('after', reader.after)
  return `https://room/?${query.toString()}`
}

export class Subscribers {
  readonly #ctx: DurableObjectState
  readonly #log: FrameLog

  constructor(ctx: DurableObjectState, log: FrameLog) {
    this.#ctx = ctx
    this.#log = log
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** Takes a reader in: 101 with a socket that has got `start` and all frames after its cursor. For the room's `fetch`. */
  accept(request: Request): Response {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const query = new URL(request.url).searchParams
    const { 0: client, 1: server } = new WebSocketPair()
    this.#ctx.acceptWebSocket(server)
    this.#seat(server, query.get('user') ?? '', parseCursor(query.get('after')))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Gives every reader what it has not got yet. Call it after each `append`, in the same turn. */
  publish(): void {
    const readers = this.#readers()
    if (readers.length === 0) return
    const oldest = Math.min(...readers.map(({ seat }) => seat.after))
    const since = this.#log.since(oldest)
    for (const { socket, seat } of readers) {
      // A reader whose frames are gone asks again and is told to read the session anew.
      if (!since.ok) closeQuietly(socket, 1012)
      else this.#give(socket, seat, since.frames)
    }
  }

  /** How many readers there are. */
  get size(): number {
    return this.#ctx.getWebSockets().length
  }

  /** For the room's `webSocketClose` and `webSocketError`: completes the goodbye. */
  leave(socket: WebSocket): void {
    closeQuietly(socket, 1000)
  }

  #seat(socket: WebSocket, userId: string, asked: AskedCursor): void {
    const { running, joinAt, lastSeq } = this.#log.state()
    // Without a cursor a reader gets the run at work from its start, else only what is to come.
    const since = asked === 'unknown' ? null : this.#log.since(asked ?? joinAt)
    const resync = since === null || !since.ok
    const after = resync || asked === 'unknown' ? lastSeq : (asked ?? joinAt)
    const seat = { userId, after }
    socket.serializeAttachment(seat)
    if (!sendOrDrop(socket, [encodeStart({ cursor: String(after), resync, running })])) return
    if (!this.#give(socket, seat, resync ? [] : since.frames)) return
    sendOrDrop(socket, [encodeCaughtUp()])
  }

  #give(
    socket: WebSocket,
    seat: Seat,
    frames: readonly { readonly seq: number; readonly json: string }[],
  ): boolean {
    const fresh = frames.filter(({ seq }) => seq > seat.after)
    const last = fresh.at(-1)
    if (last === undefined) return true
    socket.serializeAttachment({ ...seat, after: last.seq })
    return sendOrDrop(
      socket,
      fresh.map(({ seq, json }) => encodeEvent(seq, json)),
    )
  }

  #readers(): readonly { readonly socket: WebSocket; readonly seat: Seat }[] {
    return this.#ctx
      .getWebSockets()
      .map((socket) => ({ socket, seat: seatSchema.parse(socket.deserializeAttachment()) }))
  }
}
