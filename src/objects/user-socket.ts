/**
 * One per user: holds the user's sockets, which may each carry any number of sessions, and sleeps between frames. Runs do
 * not live here: a socket that closes stops nothing.
 */
import { DurableObject } from 'cloudflare:workers'
import { jobMessage } from '../jobs/messages'
import { AppError } from '../lib/errors'
import { newId } from '../lib/ids'
import { gateName, windowsOf, type LimitWindow } from '../lib/limits'
import { log } from '../lib/log'
import { MINUTE, SECOND } from '../lib/time'
import { within } from '../lib/within'
import type { Ctx } from '../services/context'
import { openDirectory } from '../store/directory'
import { openTenant } from '../store/tenant-db'
import { LARGEST_FRAME, openEnvelope, readFrame, type Envelope } from './client-frames'
import { closeQuietly, sendOrDrop } from './feed-wire'
import type { LoggedFrame } from './frame-log'
import type { Entry } from './gate'
import {
  errorFrame,
  looseEndFrame,
  PING_FRAME,
  PONG_FRAME,
  startFrame,
  type FrameErrorCode,
} from './server-frames'
import { SocketBook } from './socket-book'
import { SocketFollows } from './socket-follows'
import { actorOf, countFrame, readSocketAddress, seatOf, type Seat } from './socket-seat'
import { READ_ONLY, SocketTurns } from './socket-turns'

const PING_EVERY = 20 * SECOND
/** A revoked session's sockets end within a minute. */
const CHECK_EVERY = 40 * SECOND
const GATE_MS = 3 * SECOND
const CHECKED_AT = 'checked-at'

const POLICY = 1008
const TOO_BIG = 1009
const TRY_LATER = 1013

export class UserSocket extends DurableObject<Env> {
  readonly #book: SocketBook
  readonly #follows: SocketFollows
  readonly #turns: SocketTurns
  /** Frames are taken one after the other, so that a cancel never overtakes its question. */
  #line: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#book = new SocketBook(ctx.storage.sql)
    this.#follows = new SocketFollows({
      book: this.#book,
      // A stub is broken after an error: each call takes a fresh one.
      roomOf: (sessionId) => ({
        follow: async (follower, after) => env.ROOM.getByName(sessionId).follow(follower, after),
        unfollow: async (userId) => env.ROOM.getByName(sessionId).unfollow(userId),
      }),
      sockets: () => ctx.getWebSockets(),
      later: (work) => ctx.waitUntil(work),
    })
    this.#turns = new SocketTurns(this.#book, this.#follows, {
      roomOf: (sessionId) => env.ROOM.getByName(sessionId),
      enter: (seat) => this.#enter(seat, windowsOf(env, 'chat')),
    })
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING_FRAME, PONG_FRAME))
  }

  /** Takes a socket in for whom the Worker vouches. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const seat = readSocketAddress(request.url)
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment(seat)
    sendOrDrop(server, [startFrame()])
    const next = Date.now() + PING_EVERY
    const planned = await this.ctx.storage.getAlarm()
    if (planned === null || planned > next) await this.ctx.storage.setAlarm(next)
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    this.#line = this.#line
      .then(() => this.#take(socket, data))
      .catch((error: unknown) => log.error('socket.frame_failed', error))
    await this.#line
  }

  override webSocketClose(socket: WebSocket): void {
    this.#follows.leave(seatOf(socket))
    closeQuietly(socket, 1000)
  }

  override webSocketError(socket: WebSocket): void {
    this.webSocketClose(socket)
  }

  /** New frames of a session, from its room; answers whether any socket here still follows it. */
  deliver(sessionId: string, frames: readonly LoggedFrame[]): boolean {
    return this.#follows.deliver(sessionId, frames)
  }

  override async alarm(): Promise<void> {
    const now = Date.now()
    const sockets = this.ctx.getWebSockets()
    for (const socket of sockets) sendOrDrop(socket, [PING_FRAME])
    const checkedAt = this.ctx.storage.kv.get<number>(CHECKED_AT) ?? 0
    if (sockets.length > 0 && now - checkedAt >= CHECK_EVERY) {
      this.ctx.storage.kv.put(CHECKED_AT, now)
      await Promise.all(sockets.map((socket) => this.#check(socket, now)))
    }
    for (const socket of sockets) if (isExpired(seatOf(socket), now)) this.#end(socket, POLICY)
    if (this.ctx.getWebSockets().length > 0) await this.ctx.storage.setAlarm(now + PING_EVERY)
    else if (this.#book.remembers(now)) await this.ctx.storage.setAlarm(now + 10 * MINUTE)
    // An object without storage costs nothing.
    else {
      await this.ctx.storage.deleteAll()
      this.#book.open()
    }
  }

  /** One frame. Whatever goes wrong is an error frame; the socket stays open unless its caller may not go on. */
  async #take(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const now = Date.now()
    const counted = countFrame(seatOf(socket), now)
    if (counted === null) return this.#dismiss(socket, 'rate_limited', 'Rate limit exceeded')
    socket.serializeAttachment(counted)
    if (isExpired(counted, now)) return this.#dismiss(socket, 'unauthenticated', 'Invalid or expired session')
    if (typeof data !== 'string')
      return this.#refuse(socket, 'validation_failed', 'Binary frames are not supported')
    if (bytesOf(data) > LARGEST_FRAME) return this.#end(socket, TOO_BIG)
    const envelope = openEnvelope(data)
    if (envelope === null) return this.#refuse(socket, 'invalid_json', 'Invalid frame')
    if (envelope.userId !== undefined && envelope.userId !== counted.userId)
      return this.#dismiss(socket, 'identity_mismatch', 'User identity mismatch')
    await this.#answer(socket, counted, envelope, now)
  }

  async #answer(
    socket: WebSocket,
    seat: Seat,
    { type, body, sessionId }: Envelope,
    now: number,
  ): Promise<void> {
    if (type === null) return this.#refuse(socket, 'validation_failed', 'Unknown frame type', sessionId)
    try {
      if (type === 'query') await this.#turns.count(seat)
      const read = readFrame(type, body)
      if (!read.ok) throw new AppError('validation_failed', read.text)
      await this.#turns.take(socket, this.#ctx(seat, now), read.frame)
    } catch (error) {
      const known = error instanceof AppError ? error : null
      if (known === null) log.error('socket.frame_failed', error, { type })
      if (known?.code === 'session_revoked') return this.#dismiss(socket, 'session_revoked', known.message)
      const code = known?.extras.details === READ_ONLY ? 'READ_ONLY_MODE' : (known?.code ?? 'internal_error')
      this.#refuse(socket, code, known?.message ?? 'Internal server error', sessionId)
      // Clients hold their input back until an END; a run at work sends its own.
      if (type === 'query' && sessionId !== null && code !== 'session_busy')
        sendOrDrop(socket, [looseEndFrame(sessionId, 'refused')])
    }
  }

  #refuse(socket: WebSocket, code: FrameErrorCode, text: string, sessionId: string | null = null): void {
    sendOrDrop(socket, [errorFrame({ text, code }, newId(), sessionId)])
  }

  /** Says why, and ends the socket. */
  #dismiss(socket: WebSocket, code: FrameErrorCode, text: string): void {
    this.#refuse(socket, code, text)
    this.#end(socket, POLICY)
  }

  #end(socket: WebSocket, code: number): void {
    this.#follows.leave(seatOf(socket))
    closeQuietly(socket, code)
  }

  /** Ends a socket whose session was revoked or whose user is gone, or when nobody can say. */
  async #check(socket: WebSocket, now: number): Promise<void> {
    const seat = seatOf(socket)
    try {
      const entry = await this.#enter(seat, [])
      if (!entry.ok) return this.#dismiss(socket, 'unauthenticated', 'Session has been revoked')
      if (seat.sid !== null || seat.token !== undefined) return
      const user = await openDirectory(this.env.DB).findIdentity(seat.userId)
      if (user?.orgId !== seat.orgId || user.role !== seat.role)
        this.#dismiss(socket, 'unauthenticated', 'Session has been revoked')
    } catch (error) {
      log.error('socket.check_failed', error, { ageMs: now - (seat.frames[0] ?? now) })
      this.#end(socket, TRY_LATER)
    }
  }

  #enter({ userId, sid, token }: Seat, windows: readonly LimitWindow[]): Promise<Entry> {
    const gate = this.env.GATE.getByName(gateName.user(userId))
    const request = {
      windows,
      sid: token?.id ?? sid,
      ...(token === undefined ? {} : { readAt: token.readAt }),
      openBeforePasswordChange: false,
    }
    return within(GATE_MS, Promise.resolve(gate.enter(request)))
  }

  /** What a verb works on. Nothing waits for what is sent after a commit. */
  #ctx(seat: Seat, now: number): Ctx {
    const { env } = this
    const actor = actorOf(seat)
    const send = (event: string, work: Promise<unknown>): void =>
      this.ctx.waitUntil(work.catch((error: unknown) => log.error(event, error)))
    return {
      actor,
      db: openTenant(env.DB, actor.orgId),
      now,
      nudge: {
        run: (runId, delaySeconds = 0) => {
          send('nudge.run', env.JOBS.send(jobMessage({ runId }), { delaySeconds }))
          send('sweeper.arm', env.SWEEPER.getByName('sweeper').arm())
        },
        stopped: (run) =>
          send(
            'nudge.stopped',
            env.ROOM.getByName(run.sessionId)
              .stop({ orgId: actor.orgId, ...run })
              .catch(() => env.JOBS.send(jobMessage({ runId: run.runId }))),
          ),
        delivery: () => {},
        feed: (orgId) => send('nudge.feed', env.FEED.getByName(orgId).publish()),
      },
    }
  }
}

const isExpired = ({ expiresAt }: Seat, now: number): boolean => expiresAt !== null && expiresAt <= now

/** UTF-8 bytes, counted only where it matters. */
const bytesOf = (text: string): number =>
  text.length * 3 <= LARGEST_FRAME || text.length > LARGEST_FRAME
    ? text.length
    : new TextEncoder().encode(text).length
