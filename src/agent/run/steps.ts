/** The steps of an investigation. Each is a function of the committed state and of what its tools answer. */
import type { LanguageModel } from 'ai'
import { analyse } from '../analyst/analyse'
import { withModelSuggestions } from '../model-suggestions'
import { renderSummary } from '../summary'
import { contextTools } from '../tools'
import { callTools, type Call } from './call-tools'
import { investigate } from './investigate'
import { isGrave, takeNews } from './news'
import { done, type StepOutcome } from './outcome'
import { confidenceAt, reportOf } from './report'
import {
  advance,
  type Checkpoint,
  type NewThought,
  type RunDeps,
  type RunState,
  type StepResult,
} from './state'

const RETURNS = 2
/** News that a summary lists as having come too late. */
const MOST_LATE = 10
const MOST_CANDIDATES = 5

/** Does the step that the state says is next. `rules` is the built-in analyst; a language model comes with `deps`. */
export async function takeStep(state: RunState, deps: RunDeps, rules: LanguageModel): Promise<StepOutcome> {
  switch (state.step) {
    case 'context':
      return done(await gatherContext(state, deps))
    case 'plan':
      return done(makePlan(state))
    case 'tools':
      return investigate(state, deps, rules)
    case 'conclude':
      return done(await conclude(state, deps))
    case 'summarise':
      return done(await summarise(state, deps))
    case 'suggest':
      return done(suggest(state))
    case 'notify':
      return done(publish(state))
  }
}

/** What is known before anybody asks: timeline, changes, topology, similar incidents. */
async function gatherContext(state: RunState, deps: RunDeps): Promise<StepResult> {
  const calls = contextTools.map((tool, index): Call => ({
    toolCallId: `context-${index}`,
    toolName: tool.name,
    args: {},
  }))
  // Without these there is nothing to conclude from: no limit keeps them back.
  const { limits: _limits, ...unlimited } = state
  const { evidence } = await callTools(unlimited, deps, calls)
  const found = evidence.filter(({ result }) => result.status !== 'empty')
  const numbered = found.map((item, index) => ({
    number: index + 1,
    tool: item.tool,
    executedAt: item.executedAt,
    ...item.result,
  }))
  return advance(state, 'plan', {
    evidence: found,
    thoughts: [{ type: 'observation', content: analyse(numbered).observation }],
    checkpoint: {
      ...state.checkpoint,
      calls: calls.map(({ toolName }) => toolName),
      toolCalls: calls.length,
      // What happened before the timeline was read is in it.
      contextCursor: state.news.at(-1)?.seq ?? state.checkpoint.contextCursor,
    },
  })
}

function makePlan(state: RunState): StepResult {
  const open = analyse(state.evidence).hypotheses.filter(({ state: standing }) => standing !== 'ruled_out')
  return advance(state, 'tools', {
    thoughts: open
      .slice(0, 3)
      .map(({ statement }): NewThought => ({ type: 'hypothesis', content: statement })),
  })
}

/** Grave news sends the run back to its tools, at most twice. Null when there is none. */
async function goBack(state: RunState, deps: RunDeps): Promise<StepResult | null> {
  const { returns } = state.checkpoint
  if (!isGrave(state) || returns >= RETURNS) return null
  const back = await takeNews(state, deps)
  return { ...back, checkpoint: { ...back.checkpoint, returns: returns + 1, findings: null, review: null } }
}

/** Other news is listed as too late for the analysis. */
const withLate = ({ checkpoint, news }: RunState): Checkpoint => ({
  ...checkpoint,
  contextCursor: news.at(-1)?.seq ?? checkpoint.contextCursor,
  late: [...checkpoint.late, ...news.map(({ text }) => text)].slice(0, MOST_LATE),
})

/** Rates what was found. */
async function conclude(state: RunState, deps: RunDeps): Promise<StepResult> {
  const back = await goBack(state, deps)
  if (back !== null) return back
  const { conclusion } = analyse(state.evidence)
  const checkpoint = { ...withLate(state), concluded: conclusion }
  // Who came back and found nothing new does not say it again.
  const isNew = conclusion !== state.checkpoint.concluded
  const thoughts = isNew ? [{ type: 'conclusion', content: conclusion } as const] : []
  return advance(state, 'summarise', { thoughts, checkpoint }, checkpoint.returns)
}

/** Keeps of the findings only what stored evidence supports. */
async function summarise(state: RunState, deps: RunDeps): Promise<StepResult> {
  const back = await goBack(state, deps)
  if (back !== null) return back
  const checkpoint = withLate(state)
  const validated = reportOf(checkpoint, state.evidence, remarksOf(checkpoint))
  return advance(state, 'suggest', { checkpoint: { ...checkpoint, validated } })
}

/** A model of whose claims nothing was left has nothing to suggest. */
function suggest(state: RunState): StepResult {
  const { findings, validated } = state.checkpoint
  const { suggestions } = analyse(state.evidence)
  const isHeard = validated?.findings.claims.some(({ origin }) => origin === 'model') === true
  const submitted = isHeard ? (findings?.suggestions ?? []) : []
  return advance(state, 'notify', {
    checkpoint: {
      ...state.checkpoint,
      suggestions: withModelSuggestions(suggestions, submitted, state.evidence),
    },
  })
}

/** The result in the form in which it is published. */
function publish(state: RunState): StepResult {
  const { validated, suggestions, findings: submitted, late, returns } = state.checkpoint
  const isNews = state.news.length > 0 && late.length < MOST_LATE
  if (validated === null || isNews) return advance(state, 'summarise', {}, returns)
  const { findings, dropped } = validated
  const { candidates, confidence, mechanism, rootCauseService, severity } = analyse(state.evidence)
  const modelTookPart = submitted !== null
  const cited = [...findings.claims, ...findings.ruledOut].flatMap((claim) => claim.evidence)
  return {
    ...advance(state, 'notify'),
    next: 'end',
    publication: {
      summary: renderSummary({
        findings,
        suggestionTitles: suggestions.map(({ title }) => title),
        modelTookPart,
      }),
      findings,
      dropped,
      suggestions,
      cited: [...new Set(cited)].toSorted((a, b) => a - b),
      verdict: findings.verdict,
      confidence: modelTookPart ? confidenceAt(findings.verdict, confidence) : confidence,
      mechanism,
      rootCauseService: findings.verdict === 'inconclusive' ? null : rootCauseService,
      candidates: candidates
        .slice(0, MOST_CANDIDATES)
        .map(({ service, score, components }) => ({ service, score, components })),
      severity,
      analyst: modelTookPart ? 'model' : 'builtin',
    },
  }
}

const DEGRADED: Readonly<Record<string, string>> = {
  model_unavailable: 'The language model could not be used: this is the built-in analysis alone.',
  invalid_findings: 'The language model gave no usable findings: this is the built-in analysis alone.',
  content_filter:
    "The provider's content filter stopped the language model: this is the built-in analysis alone.",
}

const remarksOf = ({ late, budgetExhausted, degraded, review, findings }: Checkpoint): readonly string[] => [
  ...late.map((text) => `Came after the analysis: ${text}.`),
  ...(budgetExhausted === null
    ? []
    : [`The limit of ${budgetExhausted} was reached before everything was checked.`]),
  ...(degraded === null ? [] : [DEGRADED[degraded] ?? 'The language model could not be used.']),
  ...(findings !== null && findings.verdict !== 'inconclusive' && review === null
    ? ['The findings of the language model were not checked a second time.']
    : []),
]
