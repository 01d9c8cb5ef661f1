/** Turns of the `tools` step: the rules' own, then the model's, then the model's second look. */
import type { LanguageModel } from 'ai'
import { analyse } from '../analyst/analyse'
import { submissionSchema } from '../submission'
import { SUBMIT_FINDINGS } from '../tools'
import { finishThoughts, feedThoughts, startThoughts } from '../thoughts'
import { askModel, type Turn } from './ask-model'
import { callTools, type Call } from './call-tools'
import { conversation, modelConversation } from './conversation'
import { modelTurn } from './model-turn'
import { readNews } from './news'
import { done, toConclude, type StepOutcome } from './outcome'
import { supported } from './report'
import { reviewPrompt, reviewTools, SUBMIT_REVIEW } from './review'
import {
  advance,
  reviewSchema,
  type Assistant,
  type Checkpoint,
  type NewThought,
  type RunDeps,
  type RunLimits,
  type RunState,
  type Spent,
  type StepResult,
  type StoredMessage,
  type StoredResult,
  type Strike,
} from './state'
import { ownTools } from './toolbox'

const NO_LIMITS: RunLimits = {
  modelTurns: 16,
  toolCalls: 30,
  externalCalls: 40,
  endsAt: Number.POSITIVE_INFINITY,
}
const INVALID_SUBMISSIONS = 2
const REMINDER =
  'Text alone is not a result. Call a tool, or call submit_findings with what the evidence allows; "inconclusive" is an honest verdict.'
const CUT_OFF = 'Your answer was cut off at its limit. Be brief, and call a tool or submit_findings.'

/** One turn: news first, then whoever's turn it is. */
export async function investigate(
  state: RunState,
  deps: RunDeps,
  rules: LanguageModel,
): Promise<StepOutcome> {
  if (state.news.length > 0) return done(await takeNews(state, deps))
  const { phase } = state.checkpoint
  const assistant = deps.assistant ?? null
  if (phase === 'rules') return rulesTurn(state, deps, rules)
  // The model was taken away in the middle of the run: the rules' result stands.
  if (assistant === null) return toConclude(state, {})
  return phase === 'model' ? assistantTurn(state, deps, assistant) : reviewTurn(state, deps, assistant)
}

/** News is taken in, and whoever was at work goes on with it. */
export async function takeNews(state: RunState, deps: RunDeps): Promise<StepResult> {
  const { evidence, thoughts, contextCursor, said } = await readNews(state, deps)
  const { checkpoint } = state
  return advance(
    state,
    'tools',
    {
      evidence,
      thoughts,
      messages: [{ role: 'news', keys: evidence.map(({ key }) => key), said, boundary: deps.boundary() }],
      checkpoint: {
        ...checkpoint,
        contextCursor,
        phase: checkpoint.phase === 'review' ? 'model' : checkpoint.phase,
        review: null,
      },
    },
    // Every turn leaves a message: no iteration before had so high a number.
    state.step === 'tools' ? state.iteration + 1 : state.messages.length + 1,
  )
}

/** The limit that this run has reached, null while there is none. */
function exhaustedLimit({ checkpoint, limits = NO_LIMITS }: RunState, now: number): string | null {
  if (checkpoint.modelTurns >= limits.modelTurns) return 'model turns'
  if (checkpoint.phase === 'rules' && checkpoint.toolCalls >= limits.toolCalls) return 'tool calls'
  return now >= limits.endsAt ? 'time' : null
}

async function rulesTurn(state: RunState, deps: RunDeps, model: LanguageModel): Promise<StepOutcome> {
  const { checkpoint } = state
  // The rules said what they had to say before the model failed.
  if (checkpoint.degraded !== null && checkpoint.opening !== null) return toConclude(state, {})
  const exhausted = exhaustedLimit(state, deps.now())
  if (exhausted !== null)
    return toConclude(state, { checkpoint: { ...checkpoint, budgetExhausted: exhausted } })
  const tools = deps.tools ?? ownTools
  const { signal, onText, now } = deps
  const prompt = conversation(state, deps)
  const turn = await modelTurn({ ...prompt, model, tools: tools.offered(tools.names), signal, onText, now })
  if (!turn.ok) return { ok: false, failure: turn.failure, spent: null, saidSome: turn.saidSome }
  return carryOut(state, deps, turn, null, [])
}

async function assistantTurn(state: RunState, deps: RunDeps, assistant: Assistant): Promise<StepOutcome> {
  const { checkpoint } = state
  const over = (limit: string): StepOutcome =>
    toConclude(state, { checkpoint: { ...checkpoint, budgetExhausted: limit } })
  const exhausted = exhaustedLimit(state, deps.now())
  if (exhausted !== null) return over(exhausted)
  const tools = deps.tools ?? ownTools
  const asked = await askModel(
    {
      prompt: modelConversation(state, deps, assistant),
      tools: tools.offered(tools.names),
      turn: checkpoint.modelTurns + 1,
    },
    deps,
    assistant,
  )
  switch (asked.kind) {
    case 'lost':
      return { ok: false, failure: null }
    case 'over_budget':
      return over(asked.limit)
    case 'failed':
      return { ok: false, failure: asked.failure, spent: asked.spent, saidSome: asked.saidSome }
    case 'turn': {
      const { said, spent, struck } = asked
      if (said.cutOff && said.calls.some(({ toolName }) => toolName === SUBMIT_FINDINGS)) {
        const failure = {
          kind: 'unavailable',
          problem: 'the findings were cut off',
          retryAfterMs: null,
        } as const
        return { ok: false, failure, spent: { ...spent, outcome: 'error' }, saidSome: said.text !== '' }
      }
      return carryOut(state, deps, said, spent, struck)
    }
  }
}

/** Does what a turn asked for: calls, or the end. */
async function carryOut(
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
    return done(
      advance(
        state,
        'tools',
        {
          ...rest,
          messages: [...assistant, { role: 'note', text: turn.cutOff ? CUT_OFF : REMINDER }],
          checkpoint: { ...counted, invalidSubmissions: checkpoint.invalidSubmissions + 1 },
        },
        state.iteration + 1,
      ),
    )
  }
  const { evidence, results, own, external } = await callTools(state, deps, turn.calls)
  return done(
    advance(
      state,
      'tools',
      {
        ...rest,
        thoughts: thoughts.map((thought) => ({ ...thought, type: 'action' })),
        evidence,
        messages: [...assistant, { role: 'tool', results, boundary: deps.boundary() }],
        checkpoint: {
          ...counted,
          toolCalls: counted.toolCalls + own,
          externalCalls: counted.externalCalls + external,
          budgetExhausted:
            own + external < Math.min(turn.calls.length, 4) ? 'tool calls' : counted.budgetExhausted,
          calls: [...new Set([...counted.calls, ...turn.calls.map(({ toolName }) => toolName)])],
          invalidSubmissions: checkpoint.invalidSubmissions + (submission === undefined ? 0 : 1),
        },
      },
      state.iteration + 1,
    ),
  )
}

/** Findings are there: the rules hand over to the model, the model looks again, or it is done. */
function submitted(
  state: RunState,
  deps: RunDeps,
  checkpoint: Checkpoint,
  rest: Partial<StepResult> & { readonly messages: readonly StoredMessage[] },
): StepOutcome {
  const go = (change: Partial<Checkpoint>): StepOutcome =>
    done(advance(state, 'tools', { ...rest, checkpoint: { ...checkpoint, ...change } }, state.iteration + 1))
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

/** The second look is a favour: when it cannot be had, the findings stand as they are. */
async function reviewTurn(state: RunState, deps: RunDeps, assistant: Assistant): Promise<StepOutcome> {
  const { checkpoint } = state
  if (checkpoint.findings === null || exhaustedLimit(state, deps.now()) !== null) return toConclude(state, {})
  const { findings } = supported(checkpoint.findings, state.evidence)
  const asked = await askModel(
    {
      prompt: reviewPrompt(state, findings, assistant, deps.boundary()),
      tools: reviewTools,
      mustCall: SUBMIT_REVIEW,
    },
    { ...deps, onText: () => {} },
    assistant,
  )
  if (asked.kind === 'lost') return { ok: false, failure: null }
  if (asked.kind === 'over_budget') return toConclude(state, {})
  if (asked.kind === 'failed' && asked.failure.kind === 'aborted')
    return { ok: false, failure: asked.failure, spent: asked.spent, saidSome: false }
  const calls = asked.kind === 'failed' ? [] : asked.said.calls
  const review = reviewSchema.safeParse(calls.find(({ toolName }) => toolName === SUBMIT_REVIEW)?.args)
  return toConclude(state, {
    spent: asked.spent,
    struck: asked.kind === 'failed' ? [] : asked.struck,
    checkpoint: {
      ...checkpoint,
      modelTurns: checkpoint.modelTurns + 1,
      review: review.success ? review.data : null,
    },
  })
}

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

/** A turn's text as thoughts: whole sentences, the rest however short. What was said before, or `conclude` will say, is not said twice. */
function thoughtsOf(text: string, { evidence, messages }: RunState): readonly NewThought[] {
  const { observation, conclusion } = analyse(evidence)
  const said = [observation, conclusion, ...messages.map(textOf)]
  const { state, thoughts } = feedThoughts(startThoughts(0), text, 0)
  return [...thoughts, ...finishThoughts(state)]
    .filter((content) => !said.some((words) => words.includes(content)))
    .map((content): NewThought => ({ type: 'analysis', content }))
}

function textOf(stored: StoredMessage): string {
  if (stored.role !== 'assistant') return ''
  const { content } = stored.message
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
