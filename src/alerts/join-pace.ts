/** The storm guard's count of joins: from the 61st of a minute on, people and investigations hear of them together. */
import { MINUTE, SECOND } from '../lib/time'

/** Joins of a minute (its number since the epoch), and how many streams and records have not heard of; times in ms. */
export interface JoinPace {
  readonly minute: number
  readonly joins: number
  /** When the streams were last told, and how many joins came since. */
  readonly streamAt: number
  readonly unstreamed: number
  /** The same for lifecycle rows and words for investigations. */
  readonly notedAt: number
  readonly unnoted: number
}

export interface PacedJoins {
  readonly pace: JoinPace
  /** How many joins are told to the streams now; 0 for later. */
  readonly stream: number
  /** The same for lifecycle rows and words for investigations. */
  readonly note: number
}

const AT_ONCE = 60
const STREAM_EVERY = 2 * SECOND
const NOTE_EVERY = 10 * SECOND

/** One more alert joins at `now`. */
export function paceJoin(before: JoinPace | null, now: number): PacedJoins {
  const minute = Math.floor(now / MINUTE)
  const joins = before?.minute === minute ? before.joins + 1 : 1
  const waiting: JoinPace = {
    minute,
    joins,
    streamAt: before?.streamAt ?? 0,
    unstreamed: (before?.unstreamed ?? 0) + 1,
    notedAt: before?.notedAt ?? 0,
    unnoted: (before?.unnoted ?? 0) + 1,
  }
  return tell(waiting, now, joins <= AT_ONCE)
}

/** What is due at `now` of the joins that nobody heard of yet. */
export const tellDue = (pace: JoinPace, now: number): PacedJoins => tell(pace, now, false)

/** When the joins that wait are to be told, ms; null when none waits. */
export function joinsDueAt({ unstreamed, streamAt, unnoted, notedAt }: JoinPace): number | null {
  const due = [
    ...(unstreamed > 0 ? [streamAt + STREAM_EVERY] : []),
    ...(unnoted > 0 ? [notedAt + NOTE_EVERY] : []),
  ]
  return due.length === 0 ? null : Math.min(...due)
}

function tell(pace: JoinPace, now: number, atOnce: boolean): PacedJoins {
  const stream = atOnce || now - pace.streamAt >= STREAM_EVERY ? pace.unstreamed : 0
  const note = atOnce || now - pace.notedAt >= NOTE_EVERY ? pace.unnoted : 0
  return {
    stream,
    note,
    pace: {
      ...pace,
      ...(stream > 0 ? { streamAt: now, unstreamed: 0 } : {}),
      ...(note > 0 ? { notedAt: now, unnoted: 0 } : {}),
    },
  }
}
