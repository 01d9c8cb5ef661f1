/** The steps of an investigation. Each is a function of the committed state and of what its tools answer. */
import type { LanguageModel } from 'ai'
import { analyse } from '../analyst/analyse'
import { findingsFrom, findingsSchema, lowerVerdict, validateFindings } from '../findings'
import { renderSummary } from '../summary'
import { finishThoughts, feedThoughts, startThoughts } from '../thoughts'
import { contextTools, SUBMIT_FINDINGS, toolSet } from '../tools'
import { callTools, type Call } from './call-tools'
import { conversation } from './conversation'
import { modelTurn } from './model-turn'
import { isGrave, readNews } from './news'
import {
  advance,
  type Checkpoint,
  type NewThought,
  type RunDeps,
  type RunLimits,
  type RunState,
  type StepResult,
  type StoredResult,
} from './state'

export type StepOutcome =
  | { readonly ok: true; readonly result: StepResult }
  /** The model failed; the attempt's text is void. */
  | { readonly ok: false; readonly retryable: boolean; readonly problem: string }

const MODEL_TURNS = 16
const TOOL_CALLS = 30
const INVALID_SUBMISSIONS = 2
const RETURNS = 2
/** News that a summary lists as having come too late. */
const MOST_LATE = 10

/** Does the step that the state says is next. */
export async function takeStep(state: RunState, deps: RunDeps, model: LanguageModel): Promise<StepOutcome> {
  switch (state.step) {
    case 'context':
      return done(await gatherContext(state, deps))
    case 'plan':
      return done(makePlan(state))
    case 'tools':
      return investigate(state, deps, model)
    case 'conclude':
      return done(await conclude(state, deps))
    case 'summarise':
      return done(await summarise(state, deps))
    case 'suggest':
      return done(
        advance(state, 'notify', {
          checkpoint: { ...state.checkpoint, suggestions: analyse(state.evidence).suggestions },
        }),
      )
    case 'notify':
      return done(publish(state, deps))
  }
}

const done = (result: StepResult): StepOutcome => ({ ok: true, result })

/** What is known before anybody asks: timeline, changes, topology, similar incidents. */
async function gatherContext(state: RunState, deps: RunDeps): Promise<StepResult> {
  const calls = contextTools.map((tool, index): Call => ({
    toolCallId: `context-${index}`,
    toolName: tool.name,
    args: {},
  }))
  const { evidence } = await callTools(state, deps, calls)
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

const NO_LIMITS: RunLimits = {
  modelTurns: MODEL_TURNS,
  toolCalls: TOOL_CALLS,
  endsAt: Number.POSITIVE_INFINITY,
}

/** The limit that this run has reached, null while there is none. */
function exhaustedLimit({ checkpoint, limits = NO_LIMITS }: RunState, now: number): string | null {
  if (checkpoint.modelTurns >= limits.modelTurns) return 'model turns'
  if (checkpoint.toolCalls >= limits.toolCalls) return 'tool calls'
  return now >= limits.endsAt ? 'time' : null
}

/** One turn of the analyst: news first, then the model, then the calls it asked for. */
async function investigate(state: RunState, deps: RunDeps, model: LanguageModel): Promise<StepOutcome> {
  const { checkpoint } = state
  if (state.news.length > 0) return done(await takeNews(state, deps))
  const exhausted = exhaustedLimit(state, deps.now())
  if (exhausted !== null)
    return toConclude(state, { checkpoint: { ...checkpoint, budgetExhausted: exhausted } })

  const prompt = conversation(state, deps)
  const turn = await modelTurn({
    ...prompt,
    model,
    tools: toolSet(),
    signal: deps.signal,
    onText: deps.onText,
  })
  if (!turn.ok) return turn
  const submission = turn.calls.find(({ toolName }) => toolName === SUBMIT_FINDINGS)
  const spent: Checkpoint = { ...checkpoint, modelTurns: checkpoint.modelTurns + 1 }
  // What `conclude` will say anyway is not said twice.
  const { conclusion } = analyse(state.evidence)
  const thoughts = sentences(turn.text)
    .filter((content) => !conclusion.includes(content))
    .map((content): NewThought => ({ type: 'analysis', content }))
  const assistant = turn.message === null ? [] : [{ role: 'assistant', message: turn.message } as const]
  if (submission !== undefined) {
    const findings = findingsSchema.safeParse(submission.args)
    if (findings.success || checkpoint.invalidSubmissions >= INVALID_SUBMISSIONS)
      return toConclude(state, {
        thoughts,
        messages: [...assistant, { role: 'tool', results: turn.calls.map(closed) }],
        checkpoint: findings.success
          ? { ...spent, findings: findings.data }
          : { ...spent, degraded: 'invalid_findings' },
      })
  }
  if (turn.calls.length === 0) return toConclude(state, { thoughts, messages: assistant, checkpoint: spent })
  const { evidence, results } = await callTools(state, deps, turn.calls)
  return done(
    advance(
      state,
      'tools',
      {
        thoughts: thoughts.map((thought) => ({ ...thought, type: 'action' })),
        evidence,
        messages: [...assistant, { role: 'tool', results }],
        checkpoint: {
          ...spent,
          toolCalls: spent.toolCalls + turn.calls.length,
          calls: [...new Set([...spent.calls, ...turn.calls.map(({ toolName }) => toolName)])],
          invalidSubmissions: spent.invalidSubmissions + (submission === undefined ? 0 : 1),
        },
      },
      state.iteration + 1,
    ),
  )
}

/** News may lead back from here: each time is an iteration of its own, as thoughts and evidence are stored once under theirs. */
const toConclude = (state: RunState, rest: Partial<StepResult>): StepOutcome =>
  done(advance(state, 'conclude', rest, state.checkpoint.returns))

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

async function takeNews(state: RunState, deps: RunDeps): Promise<StepResult> {
  const { evidence, thoughts, contextCursor } = await readNews(state, deps)
  return advance(
    state,
    'tools',
    {
      evidence,
      thoughts,
      messages: [{ role: 'news', keys: evidence.map(({ key }) => key) }],
      checkpoint: { ...state.checkpoint, contextCursor },
    },
    // Every turn leaves a message: no iteration before had so high a number.
    state.step === 'tools' ? state.iteration + 1 : state.messages.length + 1,
  )
}

/** Grave news sends the run back to its tools, at most twice. Null when there is none. */
async function goBack(state: RunState, deps: RunDeps): Promise<StepResult | null> {
  const { returns } = state.checkpoint
  if (!isGrave(state) || returns >= RETURNS) return null
  const back = await takeNews(state, deps)
  return { ...back, checkpoint: { ...back.checkpoint, returns: returns + 1, findings: null } }
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
  const checkpoint = withLate(state)
  const thoughts = [{ type: 'conclusion', content: conclusion } as const]
  return advance(state, 'summarise', { thoughts, checkpoint }, checkpoint.returns)
}

/** Keeps of the findings only what stored evidence supports. */
async function summarise(state: RunState, deps: RunDeps): Promise<StepResult> {
  const back = await goBack(state, deps)
  if (back !== null) return back
  const checkpoint = withLate(state)
  const { evidence } = state
  const analysis = analyse(evidence)
  const submitted =
    checkpoint.findings === null
      ? analysis.findings
      : findingsFrom(checkpoint.findings, deps.analyst === 'model' ? 'model' : 'rules')
  const validated = validateFindings(
    {
      ...submitted,
      verdict: lowerVerdict(submitted.verdict, analysis.verdict),
      notChecked: [...submitted.notChecked, ...remarksOf(checkpoint)],
    },
    evidence,
  )
  return advance(state, 'suggest', { checkpoint: { ...checkpoint, validated } })
}

/** The result in the form in which it is published. */
function publish(state: RunState, deps: RunDeps): StepResult {
  const { validated, suggestions, findings: submitted, late, returns } = state.checkpoint
  const isNews = state.news.length > 0 && late.length < MOST_LATE
  if (validated === null || isNews) return advance(state, 'summarise', {}, returns)
  const { findings, dropped } = validated
  const { confidence, mechanism, rootCauseService, severity } = analyse(state.evidence)
  const modelTookPart = deps.analyst === 'model' && submitted !== null
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
      confidence,
      mechanism,
      rootCauseService: findings.verdict === 'inconclusive' ? null : rootCauseService,
      severity,
      analyst: modelTookPart ? 'model' : 'builtin',
    },
  }
}

const remarksOf = ({ late, budgetExhausted }: Checkpoint): readonly string[] => [
  ...late.map((text) => `Came after the analysis: ${text}.`),
  ...(budgetExhausted === null
    ? []
    : [`The limit of ${budgetExhausted} was reached before everything was checked.`]),
]

/** A turn's text as thoughts: whole sentences, the rest however short. */
function sentences(text: string): readonly string[] {
  const { state, thoughts } = feedThoughts(startThoughts(0), text, 0)
  return [...thoughts, ...finishThoughts(state)]
}
