/** Turns of the `tools` step: the rules' own, then the model's, then the model's second look. */
import type { LanguageModel } from 'ai'
import { SUBMIT_FINDINGS } from '../tools'
import { askModel } from './ask-model'
import { carryOut } from './carry-out'
import { conversation, modelConversation } from './conversation'
import { exhaustedLimit } from './limits'
import { modelTurn } from './model-turn'
import { takeNews } from './news'
import { done, toConclude, type StepOutcome } from './outcome'
import { reviewTurn } from './review'
import type { Assistant, RunDeps, RunState } from './state'
import { ownTools } from './toolbox'

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
