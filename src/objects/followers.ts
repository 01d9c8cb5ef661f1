/**
 * The sockets' side of a room: which users' sockets want its frames. Stored, since both ends sleep in between. A follower
 * that finds a gap in what it is handed asks for the rest, so a lost call costs nothing but time.
 */
import { log } from '../lib/log'
import type { LoggedFrame } from './frame-log'

/** Hands frames to a user's sockets; answers whether any of them still wants more. */
export type Deliver = (follower: Follower, frames: readonly LoggedFrame[]) => Promise<boolean>

/** A user, and the session as the user's sockets know it. */
export type Follower = { readonly userId: string; readonly sessionId: string }

const TRIES = 3

export class Followers {
  readonly #sql: SqlStorage
  readonly #deliver: Deliver
  readonly #later: (work: Promise<void>) => void

  constructor(ctx: DurableObjectState, deliver: Deliver) {
    this.#sql = ctx.storage.sql
    this.#deliver = deliver
    this.#later = (work) => ctx.waitUntil(work)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS followers (user_id TEXT PRIMARY KEY, session_id TEXT NOT NULL)',
    )
  }

  add({ userId, sessionId }: Follower): void {
    this.#sql.exec('INSERT OR IGNORE INTO followers VALUES (?, ?)', userId, sessionId)
  }

  remove(userId: string): void {
    this.#sql.exec('DELETE FROM followers WHERE user_id = ?', userId)
  }

  /** Sends new frames on their way. Call it after each `append`, in the same turn. */
  publish(frames: readonly LoggedFrame[]): void {
    const followers = this.#sql.exec<{ userId: string; sessionId: string }>(
      'SELECT user_id AS userId, session_id AS sessionId FROM followers',
    )
    for (const follower of followers.toArray()) this.#later(this.#send(follower, frames))
  }

  async #send(follower: Follower, frames: readonly LoggedFrame[]): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        if (!(await this.#deliver(follower, frames))) this.remove(follower.userId)
        return
      } catch (error) {
        if (attempt === TRIES) log.error('frames.not_delivered', error)
      }
    }
  }
}
