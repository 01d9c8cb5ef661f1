/** One call of a language model, whatever it is. Whatever goes wrong is a value: the run decides what follows. */
import { isStepCount, streamText, type LanguageModel, type ModelMessage, type ToolSet } from 'ai'
import type { Call } from './call-tools'
import { failureOf, type Failure } from './failure'
import { tokensOf, tokensOfPrompt } from './tokens'

/** What a call used. */
export interface ModelUse {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  /** Those of the input that the vendor stored for later calls, at a price of its own. */
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  /** Counted by us, since the vendor did not say. */
  readonly estimated: boolean
  readonly ms: number
}

export type ModelTurn =
  | {
      readonly ok: true
      readonly text: string
      readonly calls: readonly Call[]
      readonly message: ModelMessage | null
      /** The model was cut off at its limit; the text says so. */
      readonly cutOff: boolean
      readonly use: ModelUse
    }
  | { readonly ok: false; readonly failure: Failure; readonly use: ModelUse; readonly saidSome: boolean }

interface Patience {
  readonly stepMs: number
  readonly firstChunkMs: number
  readonly chunkMs: number
}

export interface ModelRequest {
  readonly model: LanguageModel
  readonly instructions: string
  readonly messages: ModelMessage[]
  readonly tools: ToolSet
  readonly signal: AbortSignal
  readonly onText: (delta: string) => void
  readonly now: () => number
  readonly toolChoice?: 'auto' | 'none' | { readonly type: 'tool'; readonly toolName: string }
  readonly maxOutputTokens?: number
  readonly patience?: Patience
}

/** A model that thinks before it speaks is given longer for its first word than between two of them. */
const PATIENCE: Patience = { stepMs: 180_000, firstChunkMs: 120_000, chunkMs: 30_000 }
/** Characters or milliseconds after which text is handed on. */
const ENOUGH = 120
const SOON = 50
const CUT_OFF = ' [cut off]'

/** A stream that breaks off, stalls, carries an error or ends without a finish is a failed attempt, whatever text arrived. */
export async function modelTurn(request: ModelRequest): Promise<ModelTurn> {
  const { model, instructions, messages, tools, signal, now, patience = PATIENCE } = request
  const startedAt = now()
  const writer = textWriter(request.onText, now)
  const calls: Call[] = []
  let failure: Failure | null = null
  let finish: string | null = null
  let told: Omit<ModelUse, 'estimated' | 'ms'> | null = null
  const use = (): ModelUse => {
    const estimated = told === null || told.inputTokens + told.outputTokens === 0
    const ms = Math.max(0, now() - startedAt)
    if (isFree(model)) return { ...NOTHING, estimated: false, ms }
    if (told !== null && !estimated) return { ...told, estimated, ms }
    const inputTokens = tokensOfPrompt({ instructions, messages }, tools)
    const outputTokens = tokensOf(writer.text()) + tokensOf(JSON.stringify(calls.map(({ args }) => args)))
    return { ...NOTHING, inputTokens, outputTokens, estimated, ms }
  }
  const fail = (why: Failure): ModelTurn => ({
    ok: false,
    failure: signal.aborted ? { kind: 'aborted', problem: 'aborted', retryAfterMs: null } : why,
    use: use(),
    saidSome: writer.text() !== '',
  })
  Reflect.set(globalThis, 'AI_SDK_LOG_WARNINGS', false)
  try {
    const result = streamText({
      model,
      instructions,
      messages,
      tools,
      stopWhen: isStepCount(1),
      maxRetries: 0,
      temperature: 0,
      abortSignal: signal,
      timeout: patience,
      // Nothing of a conversation is kept at a vendor that lets us say so.
      providerOptions: { openai: { store: false } },
      ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
      ...(request.maxOutputTokens === undefined ? {} : { maxOutputTokens: request.maxOutputTokens }),
      onError: () => {},
    })
    for await (const part of result.stream) {
      switch (part.type) {
        case 'text-delta':
          writer.write(part.text)
          break
        case 'tool-call':
          calls.push({
            toolCallId: part.toolCallId,
            toolName: part.toolName,
            args: part.input,
            ...(part.invalid === true ? { invalid: true } : {}),
          })
          break
        case 'error':
          failure ??= failureOf(part.error)
          break
        case 'abort':
          failure ??= BROKEN('the model fell silent')
          break
        case 'finish-step':
          finish = part.finishReason
          told = {
            inputTokens: part.usage.inputTokens ?? 0,
            outputTokens: part.usage.outputTokens ?? 0,
            cachedInputTokens: part.usage.inputTokenDetails.cacheReadTokens ?? 0,
            cacheWriteTokens: part.usage.inputTokenDetails.cacheWriteTokens ?? 0,
            reasoningTokens: part.usage.outputTokenDetails.reasoningTokens ?? 0,
          }
          break
        default:
          break
      }
    }
    writer.flush()
    if (failure !== null) return fail(failure)
    if (finish === null || finish === 'error') return fail(BROKEN('the model broke off'))
    if (finish === 'content-filter')
      return fail({ kind: 'filtered', problem: 'content filter', retryAfterMs: null })
    const cutOff = finish === 'length'
    if (cutOff && writer.text() !== '') writer.write(CUT_OFF)
    writer.flush()
    const [message] = (await result.responseMessages).filter(({ role }) => role === 'assistant')
    return { ok: true, text: writer.text(), calls, message: message ?? null, cutOff, use: use() }
  } catch (error) {
    return fail(failureOf(error))
  }
}

const NOTHING = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
}

const BROKEN = (problem: string): Failure => ({ kind: 'unavailable', problem, retryAfterMs: null })

const isFree = (model: LanguageModel): boolean => typeof model !== 'string' && model.provider === 'builtin'

/** Hands text on in pieces that are worth a frame each. */
function textWriter(onText: (delta: string) => void, now: () => number) {
  let whole = ''
  let held = ''
  let handedAt = now()
  const flush = (): void => {
    if (held !== '') onText(held)
    held = ''
    handedAt = now()
  }
  return {
    text: () => whole,
    flush,
    write: (delta: string): void => {
      whole += delta
      held += delta
      if (held.length >= ENOUGH || now() - handedAt >= SOON) flush()
    },
  }
}
