/** What a user's sockets follow and how far each has got, and which questions were asked lately. In the object's own storage. */
import { MINUTE } from '../lib/time'

/** Time in which a repeated question is recognised. */
const REMEMBERED_MS = 10 * MINUTE

export type Subscription = {
  readonly socketId: string
  readonly sessionId: string
  /** Number of the last frame that the socket got; null until it is known where it begins. */
  readonly after: number | null
}

/** A question by the id that its client gave it. */
export type Asked = { readonly sessionId: string; readonly runId: string; readonly opened: 0 | 1 }

const COLUMNS = 'socket_id AS socketId, session_id AS sessionId, after_seq AS after'

export class SocketBook {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.open()
  }

  /** Makes the tables; again after the object's storage was let go. */
  open(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS subscriptions (socket_id TEXT, session_id TEXT, after_seq INTEGER, PRIMARY KEY (socket_id, session_id));
      CREATE TABLE IF NOT EXISTS asked (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, run_id TEXT NOT NULL, opened INTEGER NOT NULL, at INTEGER NOT NULL);
    `)
  }

  /** Where this socket stands in a session; undefined when it does not follow it. */
  find(socketId: string, sessionId: string): Subscription | undefined {
    return this.#sql
      .exec<Subscription>(
        `SELECT ${COLUMNS} FROM subscriptions WHERE socket_id = ? AND session_id = ?`,
        socketId,
        sessionId,
      )
      .toArray()[0]
  }

  followersOf(sessionId: string): readonly Subscription[] {
    return this.#sql
      .exec<Subscription>(`SELECT ${COLUMNS} FROM subscriptions WHERE session_id = ?`, sessionId)
      .toArray()
  }

  place(socketId: string, sessionId: string, after: number | null): void {
    this.#sql.exec('INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)', socketId, sessionId, after)
  }

  drop(socketId: string, sessionId: string): void {
    this.#sql.exec('DELETE FROM subscriptions WHERE socket_id = ? AND session_id = ?', socketId, sessionId)
  }

  /** Forgets a socket; answers the sessions that nobody follows any more. */
  leave(socketId: string): readonly string[] {
    const sessions = this.#sql
      .exec<{ id: string }>(
        'DELETE FROM subscriptions WHERE socket_id = ? RETURNING session_id AS id',
        socketId,
      )
      .toArray()
    return sessions.map(({ id }) => id).filter((id) => this.followersOf(id).length === 0)
  }

  /** The question that was asked under this id within ten minutes. */
  asked(id: string, now: number): Asked | undefined {
    this.#sql.exec('DELETE FROM asked WHERE at <= ?', now - REMEMBERED_MS)
    return this.#sql
      .exec<Asked>('SELECT session_id AS sessionId, run_id AS runId, opened FROM asked WHERE id = ?', id)
      .toArray()[0]
  }

  remember(id: string, { sessionId, runId, opened }: Asked, now: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?)', id, sessionId, runId, opened, now)
  }

  forget(id: string): void {
    this.#sql.exec('DELETE FROM asked WHERE id = ?', id)
  }

  /** Whether any question is still remembered. */
  remembers(now: number): boolean {
    this.#sql.exec('DELETE FROM asked WHERE at <= ?', now - REMEMBERED_MS)
    return this.#sql.exec('SELECT 1 FROM asked LIMIT 1').toArray().length > 0
  }
}
