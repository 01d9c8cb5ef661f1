/**
 * One organisation's live events, told to hibernating sockets. The log in the database is read from the position of the
 * reader who is furthest behind, so replay and live are the same act and neither can skip or repeat. Without readers a
 * nudge costs nothing, and without events readers cost nothing. It also wakes the sender of notifications, which stand in the same batches.
 */
import { DurableObject } from 'cloudflare:workers'
import { notificationMessage } from '../jobs/messages'
import { log } from '../lib/log'
import { MINUTE } from '../lib/time'
import { eventsAfter, feedBounds } from '../store/feed'
import { anyChannel, nextNotification } from '../store/notifications'
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
  /** Until then nobody wants notifications, ms. */
  #nobodyUntil = 0

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
    const woken = this.#wakeNotifier()
    if (this.ctx.getWebSockets().length > 0) await this.#pump()
    await woken
  }

  /** Whatever is worth an event may be worth a notification; its row stands in the same batch. What is missed here, the sweep finds. */
  async #wakeNotifier(): Promise<void> {
    const orgId = this.ctx.id.name
    const now = Date.now()
    if (orgId === undefined || now < this.#nobodyUntil) return
    try {
      const db = openTenant(this.env.DB, orgId)
      const [[channel], next] = await Promise.all([anyChannel(db), nextNotification(db)])
      if (channel === undefined && next === null) this.#nobodyUntil = now + MINUTE
      if (next !== null && next <= now) await this.env.JOBS.send(notificationMessage({ org_id: orgId }))
    } catch (error) {
      log.error('feed.notifier_not_woken', error, { orgId })
    }
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
