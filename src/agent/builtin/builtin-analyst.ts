/** The built-in analyst as a language model, so that one loop serves it and real models alike. */

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import { answer } from './chat'
import { nextTurn, type Turn } from './investigate'
import { answerFreely } from './organisation-chat'
import { readTranscript } from './transcript'

const NO_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}
const DELTA = 120

/** Deterministic, without network and without cost. It understands prompts made by `prompt.ts`. */
export class BuiltinAnalyst implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider = 'builtin'
  readonly modelId = 'builtin-analyst'
  readonly supportedUrls = {}

  // The interface asks for promises; there is nothing to wait for.
  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const content = contentOf(options)
    return { content, finishReason: finishOf(content), usage: NO_USAGE, warnings: [] }
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const content = contentOf(options)
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      ...content.flatMap(partsOf),
      { type: 'finish', usage: NO_USAGE, finishReason: finishOf(content) },
    ]
    const signal = options.abortSignal
    const left = parts.values()
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      pull: (controller) => {
        if (signal?.aborted === true) return controller.error(signal.reason)
        const next = left.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value)
      },
    })
    return { stream }
  }
}

function contentOf(options: LanguageModelV4CallOptions): LanguageModelV4Content[] {
  const transcript = readTranscript(options.prompt)
  const turn = turnOf(options, transcript)
  return [
    { type: 'text', text: turn.text },
    ...turn.calls.map((call, index): LanguageModelV4Content => ({
      type: 'tool-call',
      toolCallId: `builtin-${transcript.turns + 1}-${index + 1}`,
      toolName: call.name,
      input: JSON.stringify(call.args),
    })),
  ]
}

function turnOf(options: LanguageModelV4CallOptions, transcript: ReturnType<typeof readTranscript>): Turn {
  if (transcript.opening === null)
    return { text: 'I was given no incident, so there is nothing I can say about one.', calls: [] }
  if (transcript.opening.kind === 'organisation')
    return { text: answerFreely(transcript.question, transcript.opening), calls: [] }
  if (transcript.opening.kind === 'chat') {
    return { text: answer(transcript.question, transcript.opening, transcript.evidence), calls: [] }
  }
  return nextTurn(transcript, offeredBy(options))
}

function offeredBy(options: LanguageModelV4CallOptions): ReadonlySet<string> {
  const { toolChoice } = options
  if (toolChoice?.type === 'none') return new Set()
  if (toolChoice?.type === 'tool') return new Set([toolChoice.toolName])
  return new Set((options.tools ?? []).map((tool) => tool.name))
}

function finishOf(content: readonly LanguageModelV4Content[]): LanguageModelV4FinishReason {
  const called = content.some((part) => part.type === 'tool-call')
  return called ? { unified: 'tool-calls', raw: 'tool_calls' } : { unified: 'stop', raw: 'stop' }
}

/** Text in pieces, so that watchers see it arrive as that of any model. */
function partsOf(part: LanguageModelV4Content, index: number): LanguageModelV4StreamPart[] {
  const id = `text-${index + 1}`
  if (part.type === 'tool-call') {
    return [
      { type: 'tool-input-start', id: part.toolCallId, toolName: part.toolName },
      { type: 'tool-input-delta', id: part.toolCallId, delta: part.input },
      { type: 'tool-input-end', id: part.toolCallId },
      part,
    ]
  }
  if (part.type !== 'text') return []
  const pieces = part.text.match(new RegExp(`[\\s\\S]{1,${DELTA}}`, 'gu')) ?? []
  return [
    { type: 'text-start', id },
    ...pieces.map((delta): LanguageModelV4StreamPart => ({ type: 'text-delta', id, delta })),
    { type: 'text-end', id },
  ]
}
