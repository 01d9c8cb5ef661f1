/** The frames a run sends to its session, as the WebSocket and the session's event stream show them. */
import { iso } from '../lib/time'

/** Longest input or output of a tool in a frame; the stored message has it whole. */
const TOOL_TEXT = 10_000

export type Outcome = 'completed' | 'failed' | 'timeout' | 'cancelled'
export type RunErrorCode = 'model_unavailable' | 'timeout' | 'blocked_by_policy' | 'internal'
type ToolStatus = 'completed' | 'error' | 'cancelled'

/** A frame of a run before it has its number. */
export interface RunFrame {
  readonly type: 'message' | 'tool_call' | 'tool_result' | 'status' | 'usage_info'
  readonly session_id: string
  readonly run_id: string
  readonly isComplete?: true
  readonly data: Readonly<Record<string, unknown>> & { readonly session_id: string }
}

export interface ToolCallFacts {
  readonly id: string
  readonly name: string
  /** JSON text. */
  readonly input: string
  readonly at: number
}

export interface ToolResultFacts {
  readonly id: string
  readonly name: string
  readonly output: string
  readonly status: ToolStatus
  readonly at: number
}

/** The frames of one run of one session. */
export function framesOf(sessionId: string, runId: string) {
  const frame = (type: RunFrame['type'], data: Readonly<Record<string, unknown>>): RunFrame => ({
    type,
    session_id: sessionId,
    run_id: runId,
    data: { ...data, session_id: sessionId },
  })
  return {
    /** The run took up the question that is stored as this message. */
    accepted: (messageNumber: number) =>
      frame('status', { status: 'ACCEPTED', message_number: messageNumber }),
    /** Text of this message that was not stored is void: the run continues from its checkpoint. */
    restarted: (messageNumber: number) =>
      frame('status', { status: 'RESTARTED', message_number: messageNumber }),
    /** A piece of text as it is written. */
    chunk: (text: string) => frame('message', { text, is_chunk: true, is_complete: false, streaming: true }),
    /** A whole text, none of which was sent in pieces. */
    text: (text: string) => frame('message', { text, is_chunk: false, is_complete: true, streaming: false }),
    /** Why the run failed, for the reader. */
    failure: (text: string, code: RunErrorCode) =>
      frame('message', {
        text,
        is_chunk: false,
        is_complete: true,
        streaming: false,
        severity: 'error',
        code,
      }),
    toolCall: ({ id, name, input, at }: ToolCallFacts) =>
      frame('tool_call', {
        tool_call_id: id,
        tool_name: name,
        input: cut(input),
        status: 'running',
        timestamp: iso(at),
      }),
    toolResult: ({ id, name, output, status, at }: ToolResultFacts) =>
      frame('tool_result', {
        tool_call_id: id,
        tool_name: name,
        output: cut(output),
        status,
        timestamp: iso(at),
      }),
    /** The last frame of a run but its usage; exactly one a run. */
    end: (outcome: Outcome): RunFrame => ({
      ...frame('status', { status: 'END', outcome }),
      isComplete: true,
    }),
    /** US dollars of the run so far. */
    usage: (totalCost: number) => frame('usage_info', { total_cost: totalCost }),
  }
}

/** Whether the frame says that its run is over. */
export const isEnd = ({ type, data }: RunFrame): boolean => type === 'status' && data['status'] === 'END'

/** Cut in whole characters. */
function cut(text: string): string {
  if (text.length <= TOOL_TEXT) return text
  let end = 0
  let characters = 0
  for (const character of text) {
    if (characters === TOOL_TEXT) return text.slice(0, end)
    characters += 1
    end += character.length
  }
  return text
}
