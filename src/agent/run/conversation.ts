import type { ModelMessage } from 'ai'
import { analyse } from '../analyst/analyse'
import { evidenceMessage, investigationMessages, toolResultMessage, type Prompt } from '../builtin/prompt'
import type { EvidenceItem } from '../evidence'
import type { RunDeps, RunState, StoredMessage, StoredResult } from './state'

/** The conversation so far as a model is told it: the opening, then every stored turn with what its calls found. */
export function conversation(state: RunState, deps: RunDeps): Prompt {
  const opening = state.evidence.filter(({ key }) => key.startsWith('context:'))
  const prompt = investigationMessages({
    incident: state.incident,
    evidence: opening,
    calls: state.checkpoint.calls,
    analysis: analyse(state.evidence),
    boundary: deps.boundary(),
  })
  return {
    ...prompt,
    messages: [...prompt.messages, ...state.messages.flatMap((stored) => asMessage(state, deps, stored))],
  }
}

function asMessage(state: RunState, deps: RunDeps, stored: StoredMessage): ModelMessage[] {
  switch (stored.role) {
    case 'assistant':
      return [stored.message]
    case 'tool':
      return [
        toolResultMessage(
          stored.results.map((result) => ({
            toolCallId: result.toolCallId,
            toolName: result.toolName,
            item: itemOf(state, result),
            boundary: deps.boundary(),
          })),
        ),
      ]
    case 'news': {
      const items = state.evidence.filter(({ key }) => stored.keys.includes(key))
      return items.length === 0 ? [] : [evidenceMessage(items, deps.boundary())]
    }
  }
}

function itemOf(
  state: RunState,
  result: StoredResult,
): Omit<EvidenceItem, 'number'> & { readonly number: number | null } {
  const found = state.evidence.find(({ key }) => key === result.key)
  if (found !== undefined) return found
  return {
    number: null,
    tool: result.toolName,
    command: result.toolName,
    output: result.answer ?? 'null',
    status: 'success',
    trust: 'normal',
    executedAt: 0,
    errorCode: null,
  }
}
