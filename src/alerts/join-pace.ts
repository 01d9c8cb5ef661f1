/** The storm guard's count of joins: from the 61st of a minute on, people and investigations hear of them together. */
import { MINUTE, SECOND } from '../lib/time'

/** Joins of a minute (its number since the epoch), and how many streams and records have heard of; times in ms. */
export interface JoinPace {
  readonly minute: number
  readonly joins: number
  readonly streamAt: number
  readonly streamed: number
  readonly notedAt: number
  readonly noted: number
}

export interface PacedJoin {
  readonly pace: JoinPace
  /** How many joins are told to the streams now; 0 for later. */
  readonly stream: number
  /** The same for lifecycle rows and words for investigations. */
  readonly note: number
}

const AT_ONCE = 60
const STREAM_EVERY = 2 * SECOND
const NOTE_EVERY = 10 * SECOND

/** One more alert joins at `now`; `joined` is the incident's number of joined alerts with it. */
export function paceJoin(before: JoinPace | null, joined: number, now: number): PacedJoin {
  const minute = Math.floor(now / MINUTE)
  const joins = before?.minute === minute ? before.joins + 1 : 1
  const waiting = (heard: number | undefined): number => Math.max(1, joined - (heard ?? joined - 1))
  const stream =
    joins <= AT_ONCE || now - (before?.streamAt ?? 0) >= STREAM_EVERY ? waiting(before?.streamed) : 0
  const note = joins <= AT_ONCE || now - (before?.notedAt ?? 0) >= NOTE_EVERY ? waiting(before?.noted) : 0
  return {
    stream,
    note,
    pace: {
      minute,
      joins,
      streamAt: stream > 0 ? now : (before?.streamAt ?? now),
      streamed: stream > 0 ? joined : (before?.streamed ?? joined),
      notedAt: note > 0 ? now : (before?.notedAt ?? now),
      noted: note > 0 ? joined : (before?.noted ?? joined),
    },
  }
}
