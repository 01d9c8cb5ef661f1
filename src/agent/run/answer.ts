/** The turn of a conversation: fresh reads first, then the answer; a model may look further before it answers. */
import type { LanguageModel, ModelMessage } from 'ai'
import { chatMessages, organisationMessages, type Prompt } from '../builtin/prompt'
import type { IncidentFacts, OverviewFacts } from '../facts'
import { contextTools, investigationOnly } from '../tools'
import { askModel, type AskDeps, type Asked } from './ask-model'
import { callTools, type Call } from './call-tools'
import { asMessage } from './conversation'
import { modelTurn, type ModelTurn } from './model-turn'
import { excerpt, firstLine, fitted, roomFor } from './shorten'
import type {
  Assistant,
  NewEvidence,
  RunDeps,
  RunEvidence,
  RunState,
  Spent,
  StoredMessage,
  Strike,
} from './state'
import { ownTools } from './toolbox'

export interface Question {
  readonly question: string
  readonly incident: IncidentFacts
  readonly summary: string
  readonly suggestions: readonly {
    readonly title: string
    readonly description: string
    readonly risk: string
  }[]
  readonly history: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
  readonly evidence: readonly RunEvidence[]
}

/** What a question is answered from besides the stored evidence: how things stand at this moment. */
export async function readAfresh(state: RunState, deps: RunDeps): Promise<readonly NewEvidence[]> {
  const calls = contextTools.map((tool, index): Call => ({
    toolCallId: `fresh-${index}`,
    toolName: tool.name,
    args: {},
  }))
  const { limits: _limits, ...unlimited } = state
  const { evidence } = await callTools({ ...unlimited, evidence: [] }, deps, calls)
  return evidence.filter(({ result }) => result.status !== 'empty')
}

/** The built-in analyst's answer. */
export function answerQuestion(asked: Question, deps: RunDeps, model: LanguageModel): Promise<ModelTurn> {
  const prompt = chatMessages({ ...asked, boundary: deps.boundary() })
  return modelTurn({ ...prompt, model, tools: {}, signal: deps.signal, onText: deps.onText, now: deps.now })
}

export interface FreeQuestion {
  readonly question: string
  readonly overview: OverviewFacts
  readonly history: Question['history']
}

/** The built-in analyst's turn of a conversation that is not about one incident. */
export function answerAboutOrganisation(
  asked: FreeQuestion,
  deps: AskDeps,
  model: LanguageModel,
): Promise<ModelTurn> {
  const prompt = organisationMessages({ ...asked, boundary: deps.boundary() })
  return modelTurn({ ...prompt, model, tools: {}, signal: deps.signal, onText: deps.onText, now: deps.now })
}

export type ChatTurn =
  | {
      readonly kind: 'answered'
      readonly text: string
      readonly spent: Spent
      readonly struck: readonly Strike[]
    }
  /** It wants to look at something first. */
  | {
      readonly kind: 'looked'
      readonly text: string
      readonly messages: readonly StoredMessage[]
      readonly evidence: readonly NewEvidence[]
      readonly own: number
      readonly external: number
      readonly spent: Spent
      readonly struck: readonly Strike[]
    }
  | Exclude<Asked, { readonly kind: 'turn' }>

/** Turns of a conversation in which a model may look before it has to answer. */
const LOOKS = 6

/** One turn of a language model about an incident; after a few looks it has to answer. */
export async function askAssistant(
  asked: Question,
  state: RunState,
  deps: RunDeps,
  assistant: Assistant,
): Promise<ChatTurn> {
  const tools = deps.tools ?? ownTools
  const mayLook = state.checkpoint.modelTurns < LOOKS
  const offered = tools.offered(mayLook ? tools.names.filter((name) => !investigationOnly.has(name)) : [])
  const boundary = state.checkpoint.opening?.boundary ?? deps.boundary()
  const prompt = chatPrompt(asked, state, deps, assistant, boundary)
  const turn = await askModel(
    { prompt, tools: offered, turn: state.checkpoint.modelTurns + 1 },
    deps,
    assistant,
  )
  if (turn.kind !== 'turn') return turn
  const { spent, struck, said } = turn
  if (said.calls.length === 0 || !mayLook || said.message === null)
    return { kind: 'answered', text: said.text, spent, struck }
  const { evidence, results, own, external } = await callTools(state, deps, said.calls)
  const messages: StoredMessage[] = [
    { role: 'assistant', message: said.message },
    { role: 'tool', results, boundary: deps.boundary() },
  ]
  return { kind: 'looked', text: said.text, messages, evidence, own, external, spent, struck }
}

/** One turn of a language model about the organisation as a whole. It has nothing to look at but what it is told. */
export async function askAssistantFreely(
  asked: FreeQuestion,
  deps: AskDeps,
  assistant: Assistant,
): Promise<ChatTurn> {
  const prompt = organisationMessages({ ...asked, boundary: deps.boundary() })
  const turn = await askModel({ prompt, tools: {} }, deps, assistant)
  if (turn.kind !== 'turn') return turn
  return { kind: 'answered', text: turn.said.text, spent: turn.spent, struck: turn.struck }
}

/** What a model is told: newest evidence whole, older by its first line, earlier turns of this very answer at the end. */
function chatPrompt(
  asked: Question,
  state: RunState,
  deps: RunDeps,
  assistant: Assistant,
  boundary: string,
): Prompt {
  const { contextTokens } = assistant
  const build = (reduced: number): ModelMessage[] => {
    const evidence = asked.evidence.map((item, index) =>
      index < reduced ? firstLine(item) : excerpt(item, contextTokens),
    )
    return [
      ...chatMessages({ ...asked, evidence, boundary }).messages,
      ...state.messages.flatMap((stored) =>
        asMessage(state, deps, stored, (item) => excerpt(item, contextTokens)),
      ),
    ]
  }
  return {
    instructions: chatMessages({ ...asked, evidence: [], boundary }).instructions,
    messages: fitted(build, asked.evidence.length, roomFor(contextTokens, state.checkpoint.halved)),
  }
}

const MARKER = /\[(\d+(?:\s*,\s*\d+)*)\]/g

/** The evidence numbers that a text cites, each once, in numeric order, as far as they exist. */
export function citedIn(text: string, known: ReadonlySet<number>): readonly number[] {
  const numbers = [...text.matchAll(MARKER)].flatMap((match) =>
    (match[1] ?? '').split(',').map((part) => Number(part.trim())),
  )
  return [...new Set(numbers.filter((number) => known.has(number)))].toSorted((a, b) => a - b)
}
