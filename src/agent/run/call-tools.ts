import type { ToolContext } from '../tools/tool'
import { commandOf } from '../tools/tool'
import { runTool } from '../tools'
import type { NewEvidence, RunDeps, RunState, StoredResult } from './state'

export interface Call {
  readonly toolCallId: string
  readonly toolName: string
  readonly args: unknown
}

export interface Called {
  readonly evidence: readonly NewEvidence[]
  readonly results: readonly StoredResult[]
}

/** Calls of one turn that are carried out; the others are told so. */
const MOST_CALLS = 4

/** Runs the calls of one turn in parallel. A call that was made before is answered from its evidence. A failing read becomes evidence of its failure. */
export async function callTools(state: RunState, deps: RunDeps, calls: readonly Call[]): Promise<Called> {
  const answered = await Promise.all(calls.map((call, index) => callTool(state, deps, call, index)))
  return {
    evidence: answered.flatMap(({ minted }) => (minted === null ? [] : [minted])),
    results: answered.map(({ result }) => result),
  }
}

async function callTool(
  state: RunState,
  deps: RunDeps,
  { toolCallId, toolName, args }: Call,
  index: number,
): Promise<{ readonly minted: NewEvidence | null; readonly result: StoredResult }> {
  const say = (answer: unknown) => ({
    minted: null,
    result: { toolCallId, toolName, key: null, answer: JSON.stringify(answer) },
  })
  if (index >= MOST_CALLS)
    return say({ error: { code: 'budget', message: `At most ${MOST_CALLS} calls in one turn.` } })
  const known = state.evidence.find((item) => item.command === commandOf(toolName, args))
  if (known !== undefined)
    return { minted: null, result: { toolCallId, toolName, key: known.key, answer: null } }

  const executedAt = deps.now()
  const context: ToolContext = { reads: deps.reads, now: executedAt, evidence: state.evidence }
  const outcome = await runTool(toolName, args, context)
  switch (outcome.kind) {
    case 'refused':
      return say({ error: { code: outcome.code, message: outcome.message } })
    case 'answer':
      return { minted: null, result: { toolCallId, toolName, key: null, answer: outcome.result.output } }
    case 'evidence': {
      const key = `${state.step}:${state.iteration}:${index}`
      const minted = {
        key,
        tool: toolName,
        result: outcome.result,
        executedAt,
        durationMs: deps.now() - executedAt,
      }
      return { minted, result: { toolCallId, toolName, key, answer: null } }
    }
  }
}
