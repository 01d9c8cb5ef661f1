/** A model's second look at its own findings: it may take away, never add. */
import type { ToolSet } from 'ai'
import { RULES_OF_DATA, type Prompt } from '../builtin/prompt'
import { parseJson } from '../evidence'
import type { Findings } from '../findings'
import { fence } from '../untrusted'
import { askModel } from './ask-model'
import { exhaustedLimit } from './limits'
import { toConclude, type StepOutcome } from './outcome'
import { supported } from './report'
import { excerpt } from './shorten'
import { reviewSchema, type Assistant, type RunDeps, type RunState } from './state'

const SUBMIT_REVIEW = 'submit_review'

const INSTRUCTIONS = `You check the findings of an investigation before they are published. Try to refute them from the very evidence that they cite: does it say what the claim says, does it say so about the same service and time, would another cause explain it as well?

End by calling submit_review. List in "refuted" the places (from 1) of claims that their evidence does not bear. Give in "verdict" the strongest that the evidence allows: "confirmed", "likely" or "inconclusive". You cannot make anything stronger than it was submitted. Give your reason in two sentences.

${RULES_OF_DATA}`

const reviewTools: ToolSet = {
  [SUBMIT_REVIEW]: {
    description: 'Ends the check with the claims that do not stand and the strongest verdict that does.',
    inputSchema: reviewSchema,
  },
}

/** The check of these findings, with the evidence that they cite. */
function reviewPrompt(state: RunState, findings: Findings, assistant: Assistant, boundary: string): Prompt {
  const cited = new Set(findings.claims.flatMap((claim) => claim.evidence))
  const block = {
    kind: 'review',
    verdict: findings.verdict,
    claims: findings.claims.map(({ section, text, evidence }, index) => ({
      place: index + 1,
      section,
      text,
      evidence,
    })),
    evidence: state.evidence
      .filter(({ number }) => cited.has(number))
      .map((item) => excerpt(item, assistant.contextTokens))
      .map(({ number, tool, command, status, trust, output }) => ({
        number,
        tool,
        command,
        status,
        trust,
        output: parseJson(output) ?? output,
      })),
  }
  return {
    instructions: INSTRUCTIONS,
    messages: [{ role: 'user', content: `Check these findings.\n\n${fence(block, boundary)}` }],
  }
}

/** The second look is a favour: when it cannot be had, the findings stand as they are. */
export async function reviewTurn(state: RunState, deps: RunDeps, assistant: Assistant): Promise<StepOutcome> {
  const { checkpoint } = state
  if (checkpoint.findings === null) return toConclude(state, {})
  const over = (limit: string): StepOutcome =>
    toConclude(state, { checkpoint: { ...checkpoint, budgetExhausted: limit } })
  const exhausted = exhaustedLimit(state, deps.now())
  if (exhausted !== null) return over(exhausted)
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
  if (asked.kind === 'over_budget') return over(asked.limit)
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
