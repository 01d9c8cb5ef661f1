/** The turn of a conversation about an incident: fresh reads first, then the answer. */
import type { LanguageModel } from 'ai'
import { chatMessages, organisationMessages } from '../builtin/prompt'
import type { IncidentFacts, OverviewFacts } from '../facts'
import { contextTools } from '../tools'
import { callTools, type Call } from './call-tools'
import { modelTurn, type ModelTurn } from './model-turn'
import type { NewEvidence, RunDeps, RunEvidence, RunState } from './state'

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
  const { evidence } = await callTools({ ...state, evidence: [] }, deps, calls)
  return evidence.filter(({ result }) => result.status !== 'empty')
}

export function answerQuestion(asked: Question, deps: RunDeps, model: LanguageModel): Promise<ModelTurn> {
  const prompt = chatMessages({ ...asked, boundary: deps.boundary() })
  return modelTurn({ ...prompt, model, tools: {}, signal: deps.signal, onText: deps.onText })
}

export interface FreeQuestion {
  readonly question: string
  readonly overview: OverviewFacts
  readonly history: Question['history']
}

/** The turn of a conversation that is not about one incident. */
export function answerAboutOrganisation(
  asked: FreeQuestion,
  deps: Pick<RunDeps, 'boundary' | 'signal' | 'onText'>,
  model: LanguageModel,
): Promise<ModelTurn> {
  const prompt = organisationMessages({ ...asked, boundary: deps.boundary() })
  return modelTurn({ ...prompt, model, tools: {}, signal: deps.signal, onText: deps.onText })
}

const MARKER = /\[(\d+(?:\s*,\s*\d+)*)\]/g

/** The evidence numbers that a text cites, each once, in numeric order, as far as they exist. */
export function citedIn(text: string, known: ReadonlySet<number>): readonly number[] {
  const numbers = [...text.matchAll(MARKER)].flatMap((match) =>
    (match[1] ?? '').split(',').map((part) => Number(part.trim())),
  )
  return [...new Set(numbers.filter((number) => known.has(number)))].toSorted((a, b) => a - b)
}
