/**
 * The frames of one session in its room's own storage: numbered from 1 without a gap, no number ever used twice, kept
 * unchanged from the start of the latest run until ten minutes after its end. All synchronous, so that what a reader is
 * given next and what was stored cannot differ.
 */
import { MINUTE } from '../lib/time'
import { isEnd, type RunFrame } from './frames'

/** A stored frame: `json` is its text with the number inside. */
export interface LoggedFrame {
  readonly seq: number
  readonly json: string
}

export type FramesSince =
  | { readonly ok: true; readonly frames: readonly LoggedFrame[] }
  /** Frames after the cursor are gone, or the cursor is none of this log's. */
  | { readonly ok: false; readonly code: 'resync' }

export interface LogState {
  /** Newest number given out. */
  readonly lastSeq: number
  /** Everything after this number is kept. */
  readonly floor: number
  /** Whether the latest run has not ended. */
  readonly running: boolean
  /** The number before the first frame of the run at work; without one the newest number. */
  readonly joinAt: number
}

/** Time that the frames of an ended run stay. */
export const KEPT_AFTER_END_MS = 10 * MINUTE

type SpanRow = { runId: string; firstSeq: number; endedAt: number | null }
type MarkRow = { lastSeq: number; floor: number }
type FrameRow = { seq: number; json: string }

export class FrameLog {
  readonly #storage: DurableObjectStorage
  readonly #sql: SqlStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.#sql = storage.sql
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS frame_runs (run_id TEXT PRIMARY KEY, first_seq INTEGER NOT NULL, ended_at INTEGER);
      CREATE TABLE IF NOT EXISTS frame_mark (id INTEGER PRIMARY KEY CHECK (id = 1), last_seq INTEGER NOT NULL, floor INTEGER NOT NULL);
      INSERT OR IGNORE INTO frame_mark VALUES (1, 0, 0);
    `)
  }

  /** Stores frames of a run under the next numbers, all or none. The first frame of another run lets go of runs that ended long before. */
  append(frames: readonly RunFrame[], now: number): readonly LoggedFrame[] {
    return this.#storage.transactionSync(() => {
      let seq = this.#mark().lastSeq
      let runId = this.#latest()?.runId ?? null
      const logged = frames.map((frame) => {
        seq += 1
        if (frame.run_id !== runId) {
          this.#begin(frame.run_id, seq, now)
          runId = frame.run_id
        }
        const json = JSON.stringify({ ...frame, seq })
        this.#sql.exec('INSERT INTO frames VALUES (?, ?)', seq, json)
        if (isEnd(frame)) this.#end(frame.run_id, now)
        return { seq, json }
      })
      this.#sql.exec('UPDATE frame_mark SET last_seq = ?', seq)
      return logged
    })
  }

  /** Every frame after `after` in order, or word that some of them are gone. */
  since(after: number): FramesSince {
    const { lastSeq, floor } = this.#mark()
    if (after < floor || after > lastSeq) return { ok: false, code: 'resync' }
    const rows = this.#sql.exec<FrameRow>('SELECT seq, json FROM frames WHERE seq > ? ORDER BY seq', after)
    return { ok: true, frames: rows.toArray() }
  }

  state(): LogState {
    const mark = this.#mark()
    const latest = this.#latest()
    const running = latest !== null && latest.endedAt === null
    return { ...mark, running, joinAt: running ? Math.max(mark.floor, latest.firstSeq - 1) : mark.lastSeq }
  }

  /** Whether anything was told of this run. */
  knows(runId: string): boolean {
    return this.#sql.exec('SELECT 1 FROM frame_runs WHERE run_id = ?', runId).toArray().length > 0
  }

  /** Whether this run's END was told: nothing of it follows any more. */
  hasEnded(runId: string): boolean {
    const rows = this.#sql.exec('SELECT 1 FROM frame_runs WHERE run_id = ? AND ended_at IS NOT NULL', runId)
    return rows.toArray().length > 0
  }

  /** The first frame of a run, which says that the question was accepted; null when it has not begun or was forgotten. */
  openingOf(runId: string): LoggedFrame | null {
    const [row] = this.#sql
      .exec<FrameRow>(
        'SELECT seq, json FROM frames WHERE seq = (SELECT first_seq FROM frame_runs WHERE run_id = ?)',
        runId,
      )
      .toArray()
    return row ?? null
  }

  /** Numbers up to `seq` were given out, though the frames are not here: the next one is higher. */
  setFloor(seq: number): void {
    this.#sql.exec('UPDATE frame_mark SET last_seq = ?1, floor = ?1 WHERE last_seq < ?1', seq)
  }

  /** Forgets what need not be kept any more; answers when there will be more to forget, null when nothing is due. */
  prune(now: number): number | null {
    return this.#storage.transactionSync(() => {
      this.#forget(now)
      const [next] = this.#sql
        .exec<{ endedAt: number | null }>('SELECT min(ended_at) AS endedAt FROM frame_runs')
        .toArray()
      return next === undefined || next.endedAt === null ? null : next.endedAt + KEPT_AFTER_END_MS
    })
  }

  #begin(runId: string, seq: number, now: number): void {
    // A run that was overtaken without an end never gets one: its frames age from here.
    this.#sql.exec('UPDATE frame_runs SET ended_at = ? WHERE ended_at IS NULL', now)
    this.#forget(now)
    this.#sql.exec('INSERT OR REPLACE INTO frame_runs VALUES (?, ?, NULL)', runId, seq)
  }

  #end(runId: string, now: number): void {
    this.#sql.exec('UPDATE frame_runs SET ended_at = ? WHERE run_id = ? AND ended_at IS NULL', now, runId)
  }

  /** Drops the oldest runs as far as each of them ended long enough ago. */
  #forget(now: number): void {
    const { lastSeq } = this.#mark()
    const [kept] = this.#sql
      .exec<{ firstSeq: number | null }>(
        'SELECT min(first_seq) AS firstSeq FROM frame_runs WHERE ended_at IS NULL OR ended_at > ?',
        now - KEPT_AFTER_END_MS,
      )
      .toArray()
    const floor = (kept?.firstSeq ?? lastSeq + 1) - 1
    this.#sql.exec('DELETE FROM frames WHERE seq <= ?', floor)
    this.#sql.exec('DELETE FROM frame_runs WHERE first_seq <= ?', floor)
    this.#sql.exec('UPDATE frame_mark SET floor = max(floor, ?)', floor)
  }

  #mark(): MarkRow {
    return this.#sql.exec<MarkRow>('SELECT last_seq AS lastSeq, floor FROM frame_mark').one()
  }

  #latest(): SpanRow | null {
    const [row] = this.#sql
      .exec<SpanRow>(
        'SELECT run_id AS runId, first_seq AS firstSeq, ended_at AS endedAt FROM frame_runs ORDER BY first_seq DESC LIMIT 1',
      )
      .toArray()
    return row ?? null
  }
}
