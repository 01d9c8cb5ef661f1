/** What one alarm of a thread's object does for its run: at most one step, and never an escaped error of a model or tool. */
import { MINUTE, SECOND } from '../../lib/time'
import type { RunRow } from '../../store/run-rows'
import { renewLease } from '../../store/runs'
import { isGuardFailure } from '../../store/db'
import { writePostmortem } from '../postmortems/write'
import { answerOnce } from './answer'
import { writeOffLost } from './assistant'
import type { Executor, Held, Progress } from './executor'
import { failRun } from './fail'
import { isStuck, keepsToItself, withoutOthers } from './cut-off'
import { investigateOnce } from './investigate'
import { takeRun } from './lease'

const TIME_LIMIT = 31 * MINUTE
const RENEW_EVERY = 20 * SECOND

/**
 * Takes the run forward by one step.
 * @param held what the last step left in memory; null after a crash or an eviction, and then the lease is taken again
 * @throws storage errors: the caller waits and tries again
 */
export async function advanceRun(executor: Executor, runId: string, held: Held | null): Promise<Progress> {
  const now = executor.now()
  const current = held ?? (await take(executor, runId, now))
  if (!('lease' in current)) return current
  const { run } = current
  if (isStuck(run)) return fail(executor, current, 'failed', 'no_progress')
  if (run.startedAt !== null && now - run.startedAt > TIME_LIMIT)
    return fail(executor, current, 'timeout', 'time limit')
  const keeper = keepLease(executor, current)
  try {
    return await STEP[run.kind](forThis(executor, run), current, keeper.signal)
  } catch (error) {
    // Somebody took the run over, or cancelled it: nothing of this step was written.
    if (isGuardFailure(error)) return { kind: 'again', at: now + SECOND, held: null }
    throw error
  } finally {
    keeper.stop()
  }
}

const STEP = {
  investigation: investigateOnce,
  chat: answerOnce,
  postmortem: writePostmortem,
} as const

const forThis = (executor: Executor, run: RunRow): Executor =>
  keepsToItself(run) && executor.tools !== undefined
    ? { ...executor, tools: withoutOthers(executor.tools) }
    : executor

async function take(executor: Executor, runId: string, now: number): Promise<Held | Progress> {
  const claim = await takeRun(executor.db, runId, executor.owner, now, executor.permit)
  switch (claim.kind) {
    case 'over':
      // Ended by somebody else, perhaps in the middle of a paid call.
      if (claim.run !== undefined) await writeOffLost(executor, claim.run)
      return { kind: 'over' }
    case 'wait':
      return { kind: 'again', at: claim.until, held: null }
    case 'held': {
      if (claim.run.attempt > 1) await writeOffLost(executor, claim.run)
      // The question, and behind it the answer; an investigation answers without having been asked.
      const question = Number(claim.run.checkpoint['messageNumber'] ?? 0)
      if (claim.run.kind === 'postmortem') return claim
      executor.room.tell([
        claim.run.attempt <= 1
          ? { kind: 'accepted', messageNumber: Math.max(1, question) }
          : { kind: 'restarted', messageNumber: question + 1 },
      ])
      return claim
    }
  }
}

async function fail(
  executor: Executor,
  held: Held,
  state: 'failed' | 'timeout',
  detail: string,
): Promise<Progress> {
  await failRun(executor, held, { state, code: state === 'timeout' ? 'timeout' : 'internal', detail })
  return { kind: 'over' }
}

/** Renews the lease while a long call is under way, and stops the call when the lease is gone. */
function keepLease(
  { db, now, stopped }: Executor,
  { lease }: Held,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController()
  const renew = async (): Promise<void> => {
    const [row] = await renewLease(db, lease, now())
    if (row === undefined) controller.abort(new Error('the lease is gone'))
  }
  const timer = setInterval(() => {
    renew().catch(() => {
      // A renewal that cannot be written is tried again; the commit decides.
    })
  }, RENEW_EVERY)
  return { signal: AbortSignal.any([controller.signal, stopped]), stop: () => clearInterval(timer) }
}
