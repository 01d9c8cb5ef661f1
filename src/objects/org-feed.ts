/**
 * One organisation's live events, told to hibernating sockets. The log in the database is read from the position of the
 * reader who is furthest behind, so replay and live are the same act and neither can skip or repeat. Without readers a
 * nudge costs nothing, and without events readers cost nothing.
 */
import { DurableObject } from 'cloudflare:workers'
import { eventsAfter, feedBounds } from '../store/feed'
import { openTenant, type TenantDb } from '../store/tenant-db'
import {
  admit,
  advance,
  positionOf,
  readAddress,
  seatSchema,
  takeSeat,
  type Seat,
  type Step,
} from './feed-seat'
import { closeQuietly, parseCursor, PING, PONG, sendOrDrop } from './feed-wire'

/** Streams that one user may hold open. */
const STREAMS_PER_USER = 20
/** Events read at a time. */
const PAGE = 500

interface Seated {
  readonly socket: WebSocket
  readonly seat: Seat
}

export class OrgFeed extends DurableObject<Env> {
  /** The round that was asked for and has not begun. */
  #next: Promise<void> | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** Takes a reader in: 101 once its place in the log is fixed, so that it is told all that happens from then on; 429 when the user has too many. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const { reader, after } = readAddress(request.url)
    if (this.#openStreams(reader.userId) >= STREAMS_PER_USER) return new Response(null, { status: 429 })
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, [reader.userId])
    server.serializeAttachment(takeSeat(reader, parseCursor(after)))
    try {
      if (reader.scope.kind !== 'presence') await this.#pump()
    } catch (error) {
      closeQuietly(server, 1011)
      throw error
    }
    return new Response(null, { status: 101, webSocket: client })
  }

  /** New events stand in the log. Answers when every reader has been sent those it may see. */
  async publish(): Promise<void> {
    if (this.ctx.getWebSockets().length > 0) await this.#pump()
  }

  override webSocketClose(socket: WebSocket): void {
    closeQuietly(socket, 1000)
  }

  override webSocketError(socket: WebSocket): void {
    closeQuietly(socket, 1011)
  }

  /** One round at a time; whoever asks during a round gets one that begins after it, shared with all who ask meanwhile. */
  #pump(): Promise<void> {
    if (this.#next !== null) return this.#next
    const round = this.#last.then(() => {
      this.#next = null
      return this.#tell()
    })
    this.#next = round
    this.#last = round.catch(() => undefined)
    return round
  }

  async #tell(): Promise<void> {
    const orgId = this.#readers()[0]?.seat.orgId
    if (orgId === undefined) return
    const db = openTenant(this.env.DB, orgId)
    await this.#admitNew(db)
    for (let complete = false; !complete;) complete = await this.#tellPage(db)
  }

  async #admitNew(db: TenantDb): Promise<void> {
    const joining = this.#readers().filter(({ seat }) => seat.state === 'joining')
    if (joining.length === 0) return
    const bounds = await feedBounds(db)
    for (const { socket, seat } of joining) take(socket, admit(seat, bounds))
  }

  /** Answers whether the log had no more. Readers who come during the read wait for the next round. */
  async #tellPage(db: TenantDb): Promise<boolean> {
    const readers = this.#readers()
    const positions = readers.flatMap(({ seat }) => positionOf(seat) ?? [])
    if (positions.length === 0) return true
    const events = await eventsAfter(db, Math.min(...positions), PAGE)
    const page = { events, complete: events.length < PAGE }
    for (const { socket, seat } of readers) take(socket, advance(seat, page))
    return page.complete
  }

  #readers(): readonly Seated[] {
    return this.ctx
      .getWebSockets()
      .map((socket) => ({ socket, seat: seatSchema.parse(socket.deserializeAttachment()) }))
  }

  #openStreams(userId: string): number {
    return this.ctx.getWebSockets(userId).filter((socket) => socket.readyState === WebSocket.OPEN).length
  }
}

/** The position is kept before the send: a socket that fails it is gone, and its client asks again from what it has. */
function take(socket: WebSocket, { seat, messages }: Step): void {
  socket.serializeAttachment(seat)
  sendOrDrop(socket, messages)
}
