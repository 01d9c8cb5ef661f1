/** One step of an investigation: load, do it, commit. */
import { takeStep } from '../../agent/run/steps'
import type { RunDeps, StepResult } from '../../agent/run/state'
import { agentReads } from '../../store/agent-reads'
import { countFailure } from '../../store/runs'
import { commitStep } from './commit'
import type { Executor, Held, Progress } from './executor'
import { cancelMerged } from './cancel-merged'
import { failRun } from './fail'
import { finishInvestigation } from './finish'
import { loadState } from './load-state'
import { SECOND } from '../../lib/time'

/** Seconds to wait after the first, second and third failure of a model. */
const MODEL_BACK_OFF = [2, 8, 30] as const

export async function investigateOnce(
  executor: Executor,
  held: Held,
  signal: AbortSignal,
): Promise<Progress> {
  const loaded = await loadState(executor.db, held.run)
  if (loaded === null) {
    await failRun(executor, held, { state: 'failed', code: 'internal', detail: 'the incident is gone' })
    return { kind: 'over' }
  }
  const { state, incident, allEvidence } = loaded
  if (incident.status === 'merged') {
    await cancelMerged(executor, held, incident)
    return { kind: 'over' }
  }
  const outcome = await takeStep(state, depsOf(executor, state.incident.id, signal), executor.model)
  if (!outcome.ok) return afterModelFailure(executor, held, outcome)
  const { result } = outcome
  if (isLast(result)) {
    await finishInvestigation(executor, held, state, result, allEvidence)
    return { kind: 'over' }
  }
  const next = await commitStep(executor, held, state, result)
  tellTools(executor, result)
  return { kind: 'again', at: executor.now(), held: next }
}

const isLast = (
  result: StepResult,
): result is StepResult & { readonly publication: NonNullable<StepResult['publication']> } =>
  result.next === 'end' && result.publication !== null

/** What a step of this executor may use. */
export const depsOf = (executor: Executor, incidentId: string, signal: AbortSignal): RunDeps => ({
  analyst: executor.analyst,
  reads: agentReads(executor.db, incidentId),
  now: executor.now,
  boundary: () => crypto.getRandomValues(new Uint8Array(16)).toHex(),
  onText: (delta) => executor.room.tell([{ kind: 'text', delta }]),
  signal,
})

/** Counted on the row: after the last try the run ends, with its reason. */
export async function afterModelFailure(
  executor: Executor,
  held: Held,
  { retryable, problem }: { readonly retryable: boolean; readonly problem: string },
): Promise<Progress> {
  const now = executor.now()
  const [counted] = await countFailure(executor.db, held.lease, problem, now)
  if (counted === undefined) return { kind: 'again', at: now, held: null }
  const wait = retryable ? MODEL_BACK_OFF[counted.failures - 1] : undefined
  if (wait !== undefined) return { kind: 'again', at: now + wait * SECOND, held }
  await failRun(executor, held, { state: 'failed', code: 'internal', detail: problem })
  return { kind: 'over' }
}

/** Watchers see each call with what it found, after it is stored. */
function tellTools({ room }: Executor, { evidence }: StepResult): void {
  room.tell(
    evidence.flatMap(({ key, tool, result, executedAt, durationMs }) => [
      { kind: 'tool_call', id: key, tool, input: result.command, at: executedAt } as const,
      {
        kind: 'tool_result',
        id: key,
        tool,
        output: result.output,
        failed: result.status === 'error',
        at: executedAt + durationMs,
      } as const,
    ]),
  )
}
