/** What follows a turn: its calls, or the end of the conversation. */
import { submissionSchema } from '../submission'
import { SUBMIT_FINDINGS } from '../tools'
import type { Turn } from './ask-model'
import { callTools, MOST_CALLS, type Call } from './call-tools'
import { notesIn, thoughtsOn, withNotes } from './hypotheses'
import { done, toConclude, type StepOutcome } from './outcome'
import { supported } from './report'
import {
  advance,
  type Checkpoint,
  type RunDeps,
  type RunState,
  type Spent,
  type StepResult,
  type StoredMessage,
  type StoredResult,
  type Strike,
} from './state'
import { thoughtsOf } from './turn-thoughts'

const INVALID_SUBMISSIONS = 2
const REMINDER =
  'Text alone is not a result. Call a tool, or call submit_findings with what the evidence allows; "inconclusive" is an honest verdict.'
const CUT_OFF = 'Your answer was cut off at its limit. Be brief, and call a tool or submit_findings.'

/** Does what a turn asked for: calls, or the end. */
export async function carryOut(
  state: RunState,
  deps: RunDeps,
  turn: Turn,
  spent: Spent | null,
  struck: readonly Strike[],
): Promise<StepOutcome> {
  const { checkpoint } = state
  const submission = turn.calls.find(({ toolName }) => toolName === SUBMIT_FINDINGS)
  const counted: Checkpoint = { ...checkpoint, modelTurns: checkpoint.modelTurns + 1 }
  const thoughts = thoughtsOf(turn.text, state)
  const assistant = turn.message === null ? [] : [{ role: 'assistant', message: turn.message } as const]
  const rest = { thoughts, spent, struck }
  if (submission !== undefined) {
    const findings = submissionSchema.safeParse(submission.args)
    if (findings.success)
      return submitted(
        state,
        deps,
        { ...counted, findings: findings.data },
        {
          ...rest,
          messages: [
            ...assistant,
            { role: 'tool', results: turn.calls.map(closed), boundary: deps.boundary() },
          ],
        },
      )
    if (checkpoint.invalidSubmissions >= INVALID_SUBMISSIONS) return invalid(state, counted, rest)
  }
  if (turn.calls.length === 0) {
    if (checkpoint.phase === 'rules')
      return toConclude(state, { ...rest, messages: assistant, checkpoint: counted })
    if (checkpoint.invalidSubmissions >= INVALID_SUBMISSIONS) return invalid(state, counted, rest)
    return goOn(state, {
      ...rest,
      messages: [...assistant, { role: 'note', text: turn.cutOff ? CUT_OFF : REMINDER }],
      checkpoint: { ...counted, invalidSubmissions: checkpoint.invalidSubmissions + 1 },
    })
  }
  const { evidence, results, own, external } = await callTools(state, deps, turn.calls)
  const notes = notesIn(results)
  return goOn(state, {
    ...rest,
    thoughts: [
      ...thoughts.map(({ content }) => ({ type: 'action', content }) as const),
      ...thoughtsOn(checkpoint.hypotheses, notes),
    ],
    evidence,
    messages: [...assistant, { role: 'tool', results, boundary: deps.boundary() }],
    checkpoint: {
      ...counted,
      hypotheses: withNotes(checkpoint.hypotheses, notes),
      toolCalls: counted.toolCalls + own,
      externalCalls: counted.externalCalls + external,
      budgetExhausted:
        own + external < Math.min(turn.calls.length, MOST_CALLS) ? 'tool calls' : counted.budgetExhausted,
      calls: [...new Set([...counted.calls, ...turn.calls.map(({ toolName }) => toolName)])],
      invalidSubmissions: checkpoint.invalidSubmissions + (submission === undefined ? 0 : 1),
    },
  })
}

/** The conversation has another turn. */
const goOn = (state: RunState, rest: Partial<StepResult>): StepOutcome =>
  done(advance(state, 'tools', rest, state.iteration + 1))

/** Findings are there: the rules hand over to the model, the model looks again, or it is done. */
function submitted(
  state: RunState,
  deps: RunDeps,
  checkpoint: Checkpoint,
  rest: Partial<StepResult> & { readonly messages: readonly StoredMessage[] },
): StepOutcome {
  const go = (change: Partial<Checkpoint>): StepOutcome =>
    goOn(state, { ...rest, checkpoint: { ...checkpoint, ...change } })
  if (checkpoint.phase === 'rules') {
    // The rules' findings are made anew from evidence whenever they are needed: only a model's are kept.
    const free = { ...checkpoint, findings: null }
    if ((deps.assistant ?? null) === null) return toConclude(state, { ...rest, checkpoint: free })
    const opening = {
      messages: state.messages.length + rest.messages.length,
      evidence: state.evidence.length,
      boundary: deps.boundary(),
    }
    return go({ findings: null, phase: 'model', modelTurns: 0, invalidSubmissions: 0, opening })
  }
  const { findings } = checkpoint
  const worthwhile =
    findings !== null &&
    findings.verdict !== 'inconclusive' &&
    supported(findings, state.evidence).findings.claims.some(({ section }) => section === 'root_cause')
  return worthwhile ? go({ phase: 'review' }) : toConclude(state, { ...rest, checkpoint })
}

/** The rules' result stands, and says why. */
const invalid = (state: RunState, checkpoint: Checkpoint, rest: Partial<StepResult>): StepOutcome =>
  toConclude(state, { ...rest, checkpoint: { ...checkpoint, degraded: 'invalid_findings', findings: null } })

/** With its findings a turn is over. Still each call needs an answer, should news reopen the conversation. */
const closed = ({ toolCallId, toolName }: Call): StoredResult => ({
  toolCallId,
  toolName,
  key: null,
  answer: JSON.stringify(
    toolName === SUBMIT_FINDINGS
      ? { received: true }
      : { error: { code: 'budget', message: 'Not carried out: findings were submitted.' } },
  ),
})
