/** A run that is carried out step by step over a real database, with a clock and a thread of the test's own. */
import { env } from 'cloudflare:workers'
import { BuiltinAnalyst } from '../../src/agent/builtin/builtin-analyst'
import { advanceRun } from '../../src/services/runs/advance-run'
import { endRunLate } from '../../src/services/runs/end-late'
import type { Toolbox } from '../../src/agent/run/toolbox'
import type { Executor, Held } from '../../src/services/runs/executor'
import { claimWithPermit } from '../../src/services/runs/permits'
import type { LlmPorts } from '../../src/services/llm-choice'
import type { RoomEvent } from '../../src/services/runs/room-events'
import { openTenant } from '../../src/store/tenant-db'
import { faultyDatabase, type Fault, type Interruption } from './faulty-db'

export interface RunOf {
  readonly orgId: string
  readonly runId: string
  readonly sessionId: string
}

/** The thread of a run as its room keeps it: nothing is told after the END. */
export function aThread() {
  const events: RoomEvent[] = []
  const ended = () => events.some(({ kind }) => kind === 'end')
  return {
    events,
    ended,
    room: {
      lastSeq: () => events.length,
      tell: (told: readonly RoomEvent[]) => {
        if (!ended()) events.push(...told)
        return events.length
      },
    },
  }
}

type Thread = ReturnType<typeof aThread>

export function anExecutor(
  { orgId }: Pick<RunOf, 'orgId'>,
  thread: Thread,
  clock: { now: number },
  {
    database = env.DB,
    owner = 'room',
    llm = null,
    tools,
  }: {
    readonly database?: D1Database
    readonly owner?: string
    readonly llm?: LlmPorts | null
    readonly tools?: Toolbox | undefined
  } = {},
): Executor {
  const db = openTenant(database, orgId)
  return {
    db,
    owner,
    room: thread.room,
    permit: (runId, by) => claimWithPermit(db, runId, by, clock.now),
    now: () => clock.now,
    model: new BuiltinAnalyst(),
    llm,
    ...(tools === undefined ? {} : { tools }),
    stopped: new AbortController().signal,
    publish: () => {},
  }
}

interface Course {
  readonly startsAt: number
  readonly fault?: Fault | Interruption | null
  /** Who goes on after the fault: the same object, or another, once the lease is over. */
  readonly successor?: 'same' | 'other'
  readonly beforeStep?: (step: number) => Promise<void>
  /** Whether memory survives from step to step; without it every step claims the run anew. */
  readonly remembers?: boolean
  readonly llm?: LlmPorts
  readonly tools?: Toolbox
}

/** Carries a run out to its end, as its room does. After a fault memory is empty. */
export async function carryOut(
  run: RunOf,
  { startsAt, fault = null, successor = 'same', beforeStep, remembers = true, llm, tools }: Course,
) {
  const thread = aThread()
  const clock = { now: startsAt }
  const { db: database, queries } = faultyDatabase(env.DB, fault)
  let executor = anExecutor(run, thread, clock, { database, llm: llm ?? null, tools })
  let held: Held | null = null
  /** How many queries there had been when a step was done: the last of each is its commit. */
  const commits: number[] = []
  for (let step = 0; step < 100; step++) {
    await beforeStep?.(step)
    try {
      const progress = await advanceRun(executor, run.runId, held)
      commits.push(queries())
      if (progress.kind === 'over') break
      held = remembers ? progress.held : null
      clock.now = Math.max(clock.now, progress.at)
    } catch {
      held = null
      if (successor === 'other') clock.now += 61_000
      const owner = successor === 'other' ? 'another room' : 'room'
      executor = anExecutor(run, thread, clock, { owner, llm: llm ?? null, tools })
    }
  }
  if (!thread.ended()) await endRunLate(openTenant(env.DB, run.orgId), run, thread.room)
  return { ...thread, clock, queries: queries(), commits }
}
