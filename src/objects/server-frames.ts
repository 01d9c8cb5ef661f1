/** The frames that answer a client's own frames. They have no number and go to its socket alone. Pure. */
import type { ErrorCode } from '../lib/errors'

export type FrameErrorCode = ErrorCode | 'READ_ONLY_MODE'

/** Top-level and inside `data`: clients drop frames of a session that do not name it. */
const about = (sessionId: string | null) => (sessionId === null ? {} : { session_id: sessionId })

const frame = (
  type: string,
  data: Readonly<Record<string, unknown>>,
  sessionId: string | null = null,
  more: Readonly<Record<string, unknown>> = {},
): string => JSON.stringify({ type, ...about(sessionId), ...more, data: { ...data, ...about(sessionId) } })

export const startFrame = (): string => frame('status', { status: 'START' })
export const readyFrame = (): string => frame('status', { status: 'READY' })

/** Exactly what the runtime recognises: it answers a ping of the client without waking the object. */
export const PING_FRAME = '{"type":"ping"}'
export const PONG_FRAME = '{"type":"pong"}'

export const errorFrame = (
  refusal: { readonly text: string; readonly code: FrameErrorCode },
  requestId: string,
  sessionId: string | null = null,
): string => frame('error', { ...refusal, request_id: requestId }, sessionId)

/** An END that ends no run: it releases the input of a client whose frame came to nothing. */
export const looseEndFrame = (sessionId: string, outcome: 'refused' | 'cancelled'): string =>
  frame('status', { status: 'END', outcome }, sessionId, { isComplete: true })

export const resumedFrame = (
  sessionId: string,
  state: { readonly fromSeq: number; readonly lastSeq: number; readonly running: boolean },
): string =>
  JSON.stringify({
    type: 'resumed',
    session_id: sessionId,
    data: { from_seq: state.fromSeq, last_seq: state.lastSeq, running: state.running },
  })

export const resyncFrame = (sessionId: string, lastSeq: number): string =>
  JSON.stringify({ type: 'resync', session_id: sessionId, data: { last_seq: lastSeq } })
