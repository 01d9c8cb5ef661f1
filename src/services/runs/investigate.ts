/** One step of an investigation: load, do it, commit. */
import type { Failure } from '../../agent/run/failure'
import { afterFailure, type StepOutcome } from '../../agent/run/outcome'
import { checkpointSchema, type RunDeps, type RunState, type StepResult } from '../../agent/run/state'
import { takeStep } from '../../agent/run/steps'
import { log } from '../../lib/log'
import { agentReads } from '../../store/agent-reads'
import { isGuardFailure, type Statement } from '../../store/db'
import { countFailure, failuresOf, guardRun } from '../../store/runs'
import { assistantOf, settled, tellCost, type RunAssistant } from './assistant'
import { cancelMerged } from './cancel-merged'
import { commitStep } from './commit'
import { movedTo, type Executor, type Held, type Progress } from './executor'
import { failRun } from './fail'
import { finishInvestigation } from './finish'
import { loadState } from './load-state'

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
  const { incident, allEvidence } = loaded
  if (incident.status === 'merged') {
    await cancelMerged(executor, held, incident)
    return { kind: 'over' }
  }
  const { state, assistant } = await withAssistant(executor, held, loaded.state)
  const deps = { ...depsOf(executor, state.incident.id, signal), assistant }
  const outcome = await takeStep(state, deps, executor.model)
  if (!outcome.ok) return afterStepFailure(executor, held, assistant, outcome)
  const { result } = outcome
  if (isLast(result)) {
    await finishInvestigation(executor, held, state, result, allEvidence)
    return { kind: 'over' }
  }
  const paid =
    result.spent === null || assistant === null ? [] : settled(executor, held, assistant, result.spent)
  if (result.spent !== null && assistant !== null) await tellCost(executor, held, assistant, result.spent)
  const next = await commitStep(executor, held, state, result, paid)
  tellTools(executor, result)
  return { kind: 'again', at: executor.now(), held: next }
}

/** Only the `tools` step speaks to a model: elsewhere none is opened. */
async function withAssistant(
  executor: Executor,
  held: Held,
  state: RunState,
): Promise<{ readonly state: RunState; readonly assistant: RunAssistant | null }> {
  const { checkpoint } = state
  if (state.step !== 'tools' || checkpoint.degraded !== null || state.news.length > 0)
    return { state, assistant: null }
  const assistant = await assistantOf(executor, held)
  if (assistant !== 'unavailable') return { state, assistant }
  return {
    state: { ...state, checkpoint: { ...checkpoint, degraded: 'model_unavailable' } },
    assistant: null,
  }
}

const isLast = (
  result: StepResult,
): result is StepResult & { readonly publication: NonNullable<StepResult['publication']> } =>
  result.next === 'end' && result.publication !== null

/** What a step of this executor may use. */
export const depsOf = (executor: Executor, incidentId: string, signal: AbortSignal): RunDeps => ({
  reads: agentReads(executor.db, incidentId),
  now: executor.now,
  boundary: () => crypto.getRandomValues(new Uint8Array(16)).toHex(),
  onText: (delta) => executor.room.tell([{ kind: 'text', delta }]),
  signal,
  ...(executor.tools === undefined ? {} : { tools: executor.tools }),
})

type Failed = Extract<StepOutcome, { readonly ok: false }>

async function afterStepFailure(
  executor: Executor,
  held: Held,
  assistant: RunAssistant | null,
  outcome: Failed,
): Promise<Progress> {
  // Nothing was sent: somebody else took the run over, or cancelled it.
  if (outcome.failure === null) return { kind: 'again', at: executor.now(), held: null }
  const { failure, spent, saidSome } = outcome
  if (saidSome) takeBack(executor, held)
  const paid = spent === null || assistant === null ? [] : settled(executor, held, assistant, spent)
  return afterModelFailure(executor, held, failure, paid, assistant !== null)
}

/** The text of the failed attempt is void for everybody who saw it arrive. */
export function takeBack({ room }: Executor, { run }: Held): void {
  const question = Number(run.checkpoint['messageNumber'] ?? 0)
  room.tell([{ kind: 'restarted', messageNumber: question + 1 }])
}

/**
 * Counted on the row, with what the attempt cost: after the last try the run goes on without the model. When the built-in
 * analyst itself fails, the run ends, with its reason.
 */
export async function afterModelFailure(
  executor: Executor,
  held: Held,
  failure: Failure,
  paid: readonly Statement[],
  wasModel: boolean,
): Promise<Progress> {
  const { db } = executor
  const { run, lease } = held
  const now = executor.now()
  const [known] = await failuresOf(db, lease)
  if (known === undefined) return settleLate(executor, paid)
  const after = afterFailure(failure, known.failures + 1, checkpointSchema.parse(run.checkpoint))
  log.warn('llm.failed', {
    runId: run.id,
    kind: failure.kind,
    detail: failure.problem,
    try: known.failures + 1,
  })
  switch (after.kind) {
    case 'stop':
      return settleLate(executor, paid)
    case 'wait':
      await db.commit([...countFailure(db, lease, failure.problem, now + after.ms, now), ...paid])
      return { kind: 'again', at: now + after.ms, held }
    case 'go_on': {
      if (!wasModel) {
        await failRun(executor, held, { state: 'failed', code: 'internal', detail: failure.problem })
        return { kind: 'over' }
      }
      const position = {
        step: run.step,
        iteration: run.iteration + 1,
        checkpoint: { ...run.checkpoint, ...after.checkpoint },
      }
      await db.commit([...guardRun(db, lease, position, now), ...paid])
      return { kind: 'again', at: now, held: movedTo(held, position) }
    }
  }
}

/** The run is no longer ours; that its call was made still counts. Who took over may have written it off already. */
async function settleLate(executor: Executor, paid: readonly Statement[]): Promise<Progress> {
  const again: Progress = { kind: 'again', at: executor.now() + 1000, held: null }
  if (paid.length === 0) return again
  try {
    await executor.db.commit(paid)
  } catch (error) {
    if (!isGuardFailure(error)) log.error('llm.not_settled', error)
  }
  return again
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
