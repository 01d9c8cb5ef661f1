/**
 * Carries frames from rooms to a user's sockets: each socket gets each frame of what it follows once and in order, whatever
 * came late, twice or not at all. What a room hands over is a hint; the socket's own position decides, and a gap is read again.
 */
import { log } from '../lib/log'
import type { Following } from './chat-room'
import { sendOrDrop } from './feed-wire'
import type { Follower } from './followers'
import type { LoggedFrame } from './frame-log'
import { resyncFrame } from './server-frames'
import type { SocketBook } from './socket-book'
import { seatOf, type Seat } from './socket-seat'

/** A room as its followers see it. */
interface FollowedRoom {
  readonly follow: (follower: Follower, after: number | null) => Promise<Following>
  readonly unfollow: (userId: string) => Promise<void>
}

export interface Follows {
  readonly book: SocketBook
  readonly roomOf: (sessionId: string) => FollowedRoom
  readonly sockets: () => readonly WebSocket[]
  readonly later: (work: Promise<void>) => void
}

type Joined = Extract<Following, { ok: true }>

export class SocketFollows {
  readonly #use: Follows
  /** Sockets that were handed frames they could not take yet, by `socket session`. */
  readonly #behind = new Set<string>()

  constructor(use: Follows) {
    this.#use = use
  }

  /**
   * Lets a socket follow a session from after the frame `after` on, or from now on, but not before `atLeast`.
   * @param opening what the socket is sent before the first frame
   * @returns the newest number when frames after `after` are gone: then it does not follow
   */
  async join(
    socket: WebSocket,
    sessionId: string,
    from: { readonly after: number | null; readonly atLeast?: number },
    opening: (joined: Joined) => readonly string[] = () => [],
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly lastSeq: number }> {
    const { book, roomOf } = this.#use
    const { id, userId } = seatOf(socket)
    book.place(id, sessionId, null)
    const joined = await roomOf(sessionId)
      .follow({ userId, sessionId }, from.after)
      .catch((error: unknown) => {
        book.drop(id, sessionId)
        throw error
      })
    if (!joined.ok) {
      book.drop(id, sessionId)
      return joined
    }
    book.place(id, sessionId, from.after ?? Math.max(joined.lastSeq, from.atLeast ?? 0))
    sendOrDrop(socket, opening(joined))
    this.#give(socket, sessionId, joined.frames)
    if (this.#behind.delete(`${id} ${sessionId}`)) await this.#catchUp(socket, sessionId)
    return { ok: true }
  }

  /** Hands a session's new frames to whoever follows it; answers whether anybody does. */
  deliver(sessionId: string, frames: readonly LoggedFrame[]): boolean {
    const { book, sockets, later } = this.#use
    const open = new Map(sockets().map((socket) => [seatOf(socket).id, socket]))
    let wanted = false
    for (const { socketId, after } of book.followersOf(sessionId)) {
      const socket = open.get(socketId)
      // A socket that went without a goodbye, in a crash.
      if (socket === undefined) {
        book.drop(socketId, sessionId)
        continue
      }
      wanted = true
      if (after === null) this.#behind.add(`${socketId} ${sessionId}`)
      else if (!this.#give(socket, sessionId, frames)) later(this.#catchUp(socket, sessionId))
    }
    return wanted
  }

  /** The socket is gone: rooms that nobody here follows any more are told. */
  leave({ id, userId }: Seat): void {
    const { book, roomOf, later } = this.#use
    for (const sessionId of book.leave(id))
      later(
        roomOf(sessionId)
          .unfollow(userId)
          // It notices with the next frame that it wants to deliver.
          .catch((error: unknown) => log.error('socket.unfollow', error)),
      )
  }

  /** False when frames before these are missing. */
  #give(socket: WebSocket, sessionId: string, frames: readonly LoggedFrame[]): boolean {
    const { id } = seatOf(socket)
    const after = this.#use.book.find(id, sessionId)?.after
    if (after === undefined || after === null) return true
    const fresh = frames.filter(({ seq }) => seq > after)
    const [first] = fresh
    if (first === undefined) return true
    if (first.seq !== after + 1) return false
    this.#use.book.place(id, sessionId, after + fresh.length)
    sendOrDrop(
      socket,
      fresh.map(({ json }) => json),
    )
    return true
  }

  async #catchUp(socket: WebSocket, sessionId: string): Promise<void> {
    const { book, roomOf } = this.#use
    const { id, userId } = seatOf(socket)
    const after = book.find(id, sessionId)?.after
    if (after === undefined || after === null) return
    try {
      const missed = await roomOf(sessionId).follow({ userId, sessionId }, after)
      if (missed.ok && this.#give(socket, sessionId, missed.frames)) return
      book.drop(id, sessionId)
      sendOrDrop(socket, [resyncFrame(sessionId, missed.lastSeq)])
    } catch (error) {
      // The next frame shows the gap again.
      log.error('socket.catch_up', error)
    }
  }
}
