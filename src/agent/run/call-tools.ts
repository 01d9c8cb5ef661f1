import { commandOf, type ToolContext } from '../tools/tool'
import type { NewEvidence, RunDeps, RunState, StoredResult } from './state'
import { ownTools } from './toolbox'

export interface Call {
  readonly toolCallId: string
  readonly toolName: string
  readonly args: unknown
  /** Not what the tool's schema asks for, or no JSON at all. */
  readonly invalid?: boolean
}

export interface Called {
  /** Calls that counted against the two budgets. */
  readonly own: number
  readonly external: number
  readonly evidence: readonly NewEvidence[]
  readonly results: readonly StoredResult[]
}

/** Calls of one turn that are carried out; the others are told so. */
export const MOST_CALLS = 4

/** Runs the calls of one turn in parallel. A call that was made before is answered from its evidence. A failing read becomes evidence of its failure. */
export async function callTools(state: RunState, deps: RunDeps, calls: readonly Call[]): Promise<Called> {
  const { isExternal } = deps.tools ?? ownTools
  const left = allowance(state)
  let own = 0
  let external = 0
  const allowed = calls.map(({ toolName }, index) => {
    if (index >= MOST_CALLS) return `At most ${MOST_CALLS} calls in one turn.`
    const leaves = isExternal(toolName)
    if (leaves ? external >= left.external : own >= left.own)
      return `No ${leaves ? 'further call to other systems' : 'further call'} is left in this run's budget.`
    if (leaves) external++
    else own++
    return null
  })
  const answered = await Promise.all(
    calls.map((call, index) => callTool(state, deps, call, index, allowed[index] ?? null)),
  )
  return {
    own,
    external,
    evidence: answered.flatMap(({ minted }) => (minted === null ? [] : [minted])),
    results: answered.map(({ result }) => result),
  }
}

function allowance({ limits, checkpoint }: RunState): { readonly own: number; readonly external: number } {
  if (limits === undefined) return { own: MOST_CALLS, external: MOST_CALLS }
  return {
    own: limits.toolCalls - checkpoint.toolCalls,
    external: limits.externalCalls - checkpoint.externalCalls,
  }
}

async function callTool(
  state: RunState,
  deps: RunDeps,
  { toolCallId, toolName, args, invalid }: Call,
  index: number,
  refusal: string | null,
): Promise<{ readonly minted: NewEvidence | null; readonly result: StoredResult }> {
  const say = (answer: unknown) => ({
    minted: null,
    result: { toolCallId, toolName, key: null, answer: JSON.stringify(answer) },
  })
  if (refusal !== null) return say({ error: { code: 'budget', message: refusal } })
  const { names, run } = deps.tools ?? ownTools
  if (invalid === true && names.includes(toolName) && !couldBe(args))
    return say({ error: { code: 'invalid_arguments', message: 'The arguments are no JSON object.' } })
  const known = state.evidence.findLast((item) => item.command === commandOf(toolName, args))
  if (known !== undefined)
    return { minted: null, result: { toolCallId, toolName, key: known.key, answer: null } }

  const executedAt = deps.now()
  const { evidence, checkpoint, isCut = false } = state
  const given = isCut ? [] : evidence.slice(0, checkpoint.opening?.evidence)
  const context: ToolContext = { reads: deps.reads, now: executedAt, evidence, given }
  const outcome = await run(toolName, args, context)
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

/** Broken arguments that an SDK replaced by an empty object must not run a tool that needs none. */
const couldBe = (args: unknown): boolean =>
  typeof args === 'object' && args !== null && Object.keys(args).length > 0
