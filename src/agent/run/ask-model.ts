/** One paid call of a language model: cleaned, set aside, made. Whatever goes wrong is a value. */
import type { ToolSet } from 'ai'
import type { Prompt } from '../builtin/prompt'
import type { Failure } from './failure'
import { sendable } from './guard'
import { asCalls, callsIn, inWords } from './json-turns'
import { modelTurn, type ModelTurn } from './model-turn'
import type { Assistant, RunDeps, Spent, Strike } from './state'
import { tokensOfPrompt } from './tokens'

export type AskDeps = Pick<RunDeps, 'boundary' | 'signal' | 'onText' | 'now'>

export type Turn = Extract<ModelTurn, { readonly ok: true }>

export type Asked =
  | {
      readonly kind: 'turn'
      readonly said: Turn
      readonly spent: Spent
      readonly struck: readonly Strike[]
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly spent: Spent; readonly saidSome: boolean }
  | { readonly kind: 'over_budget'; readonly limit: string }
  /** The run is no longer ours. */
  | { readonly kind: 'lost' }

/** What a call is about. */
interface Ask {
  readonly prompt: Prompt
  readonly tools: ToolSet
  /** The only answer that is wanted is a call of this tool. */
  readonly mustCall?: string
  /** Which turn of its conversation this is, from 1. */
  readonly turn?: number
}

export async function askModel(
  { prompt: plain, tools, mustCall, turn: number = 1 }: Ask,
  deps: AskDeps,
  assistant: Assistant,
): Promise<Asked> {
  // Without tools there is nothing that a model without tool calling has to be told in words.
  const isInWords = assistant.toolMode === 'json' && Object.keys(tools).length > 0
  const { prompt, struck } = sendable(isInWords ? inWords(plain, tools) : plain)
  const reservation = await assistant.reserve(tokensOfPrompt(prompt, tools))
  if (!reservation.ok)
    return reservation.limit === null ? { kind: 'lost' } : { kind: 'over_budget', limit: reservation.limit }
  const { signal, onText, now } = deps
  const turn = await modelTurn({
    ...prompt,
    model: assistant.model,
    tools: isInWords ? {} : tools,
    ...(isInWords || mustCall === undefined
      ? {}
      : { toolChoice: { type: 'tool', toolName: mustCall } as const }),
    signal,
    onText,
    now,
    maxOutputTokens: reservation.maxOutputTokens,
  })
  const spent = spentOn(turn, reservation.attempt)
  if (!turn.ok) return { kind: 'failed', failure: turn.failure, spent, saidSome: turn.saidSome }
  return { kind: 'turn', said: isInWords ? fromWords(turn, number) : turn, spent, struck }
}

/** What a turn used, for the ledger. */
const spentOn = (turn: ModelTurn, attempt: number): Spent => ({
  attempt,
  use: turn.use,
  outcome: turn.ok ? 'ok' : turn.failure.kind === 'aborted' ? 'aborted' : 'error',
  problem: turn.ok ? null : turn.failure.problem,
})

/** A turn of a model without tool calling, with its calls read out of the text. */
function fromWords(turn: Turn, number: number): Turn {
  const { text, calls } = callsIn(turn.text, number)
  return { ...turn, text, calls, message: asCalls(text, calls) }
}
