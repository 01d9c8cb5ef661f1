/** One call of a language model, whatever it is. Whatever goes wrong is a value: the run decides what follows. */
import { isStepCount, streamText, type LanguageModel, type ModelMessage, type ToolSet } from 'ai'
import type { Call } from './call-tools'

export type ModelTurn =
  | {
      readonly ok: true
      readonly text: string
      readonly calls: readonly Call[]
      readonly message: ModelMessage | null
    }
  | { readonly ok: false; readonly retryable: boolean; readonly problem: string }

export interface ModelRequest {
  readonly model: LanguageModel
  readonly instructions: string
  readonly messages: ModelMessage[]
  readonly tools: ToolSet
  readonly signal: AbortSignal
  readonly onText: (delta: string) => void
}

const STEP_MS = 180_000
const CHUNK_MS = 30_000

/** A stream that breaks off, stalls, carries an error or ends without a finish is a failed attempt, whatever text arrived. */
export async function modelTurn({
  model,
  instructions,
  messages,
  tools,
  signal,
  onText,
}: ModelRequest): Promise<ModelTurn> {
  let text = ''
  let problem: string | null = null
  let finished = false
  const calls: Call[] = []
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
      timeout: { stepMs: STEP_MS, chunkMs: CHUNK_MS },
      onError: () => {},
    })
    for await (const part of result.stream) {
      switch (part.type) {
        case 'text-delta':
          text += part.text
          onText(part.text)
          break
        case 'tool-call':
          calls.push({ toolCallId: part.toolCallId, toolName: part.toolName, args: part.input })
          break
        case 'error':
          problem = describe(part.error)
          break
        case 'abort':
          problem = 'the model fell silent'
          break
        case 'finish-step':
          finished = part.finishReason !== 'error'
          break
        default:
          break
      }
    }
    if (problem !== null || !finished)
      return { ok: false, retryable: true, problem: problem ?? 'the model broke off' }
    const [message] = (await result.responseMessages).filter(({ role }) => role === 'assistant')
    return { ok: true, text, calls, message: message ?? null }
  } catch (error) {
    return { ok: false, retryable: isRetryable(error), problem: describe(error) }
  }
}

/** The kind of an error only: its text may quote a prompt or a key. */
const describe = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error')

const isRetryable = (error: unknown): boolean =>
  !(error instanceof Error && Reflect.get(error, 'isRetryable') === false)
