/** Stores what a run has written so far now and then, so that a page that is opened meanwhile shows it, and a cancelled run leaves it. */
import { keepPartial } from '../../store/partial-messages'
import { isGuardFailure } from '../../store/db'
import { renewLease } from '../../store/runs'
import { log } from '../../lib/log'
import { SECOND } from '../../lib/time'
import type { Executor, Held } from './executor'

const EVERY = 1.5 * SECOND

export interface PartialText {
  /** A piece of text: told at once, stored soon. */
  readonly onText: (delta: string) => void
  /** Waits for a write that is under way. Call it before the whole text is stored. */
  readonly settled: () => Promise<void>
}

/** For one turn of the run that is held. */
export function partialText(executor: Executor, { run, lease }: Held): PartialText {
  const { db, room } = executor
  let text = ''
  let storedAt = executor.now()
  let writing: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const rest = (): void => {
    clearTimeout(timer)
    timer = undefined
  }

  const store = async (): Promise<void> => {
    rest()
    const now = executor.now()
    // Text and number are taken in the same turn: whoever reads both continues after exactly this text.
    const kept = keepPartial(db, { sessionId: run.sessionId, runId: run.id }, text, room.lastSeq(), now)
    storedAt = now
    try {
      // No progress in the sense of the run: tries of the step that failed stay counted.
      await db.commit([renewLease(db, lease, now), db.ensureChanged(), ...kept])
    } catch (error) {
      // The commit of the whole text decides; a run that lost its lease notices there.
      if (!isGuardFailure(error)) log.error('run.partial_text', error, { runId: run.id })
    } finally {
      writing = null
    }
  }

  // A model that falls silent must not leave its last words unstored.
  const later = (): void => {
    timer = undefined
    if (writing === null) writing = store()
    else timer = setTimeout(later, EVERY)
  }

  return {
    onText: (delta) => {
      text += delta
      room.tell([{ kind: 'text', delta }])
      if (writing === null && executor.now() - storedAt >= EVERY) writing = store()
      else timer ??= setTimeout(later, EVERY)
    },
    settled: async () => {
      rest()
      await writing
    },
  }
}
