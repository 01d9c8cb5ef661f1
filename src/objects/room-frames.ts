import type { RoomEvent } from '../services/runs/room-events'
import { framesOf, type RunFrame } from './frames'

/** What a run tells, as frames of the documented protocol. */
export function framesOfEvents(sessionId: string, runId: string, events: readonly RoomEvent[]): RunFrame[] {
  const frames = framesOf(sessionId, runId)
  return events.map((event): RunFrame => {
    switch (event.kind) {
      case 'accepted':
        return frames.accepted(event.messageNumber)
      case 'restarted':
        return frames.restarted(event.messageNumber)
      case 'text':
        return frames.chunk(event.delta)
      case 'whole_text':
        return event.error === undefined ? frames.text(event.text) : frames.failure(event.text, event.error)
      case 'tool_call':
        return frames.toolCall({ id: event.id, name: event.tool, input: event.input, at: event.at })
      case 'tool_result':
        return frames.toolResult({
          id: event.id,
          name: event.tool,
          output: event.output,
          status: event.failed ? 'error' : 'completed',
          at: event.at,
        })
      case 'usage':
        return frames.usage(event.totalCost)
      case 'end':
        return frames.end(event.outcome)
    }
  })
}
