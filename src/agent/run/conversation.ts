import type { ModelMessage } from 'ai'
import { analyse } from '../analyst/analyse'
import { evidenceMessage, investigationMessages, toolResultMessage, type Prompt } from '../builtin/prompt'
import type { EvidenceItem } from '../evidence'
import { excerpt, firstLine, fitted, roomFor } from './shorten'
import type { Assistant, RunDeps, RunState, StoredMessage, StoredResult } from './state'

/** The rules' conversation so far: the opening, then every stored turn with what its calls found. */
export function conversation(state: RunState, deps: RunDeps): Prompt {
  const opening = state.evidence.filter(({ key }) => key.startsWith('context:'))
  const prompt = investigationMessages({
    incident: state.incident,
    evidence: opening,
    calls: state.checkpoint.calls,
    analysis: analyse(state.evidence),
    boundary: deps.boundary(),
  })
  const told = state.messages.flatMap((stored) => asMessage(state, deps, stored, (item) => item))
  return { ...prompt, messages: [...prompt.messages, ...told] }
}

/**
 * The model's conversation: it opens with what the rules found and concluded, the same in every turn, and goes on with the
 * model's own turns. What does not fit is shortened, the oldest first, and says so.
 */
export function modelConversation(state: RunState, deps: RunDeps, assistant: Assistant): Prompt {
  const { opening: start, halved } = state.checkpoint
  const opening = start ?? { messages: 0, evidence: state.evidence.length, boundary: deps.boundary() }
  const found = state.evidence.slice(0, opening.evidence)
  const calls = [...new Set(found.map(({ tool }) => tool))]
  const analysis = analyse(found)
  const later = state.messages.slice(opening.messages)
  const short = (item: Item): Item => excerpt(item, assistant.contextTokens)
  const { instructions } = openingOf(state, found.map(short), calls, analysis, opening.boundary)
  const results = later.flatMap((stored) => (stored.role === 'tool' ? stored.results : []))
  const build = (reduced: number): ModelMessage[] => {
    // The oldest results go first, then what the opening shows; the newest turn is left alone.
    const gone = new Set(results.slice(0, reduced).map(({ toolCallId }) => toolCallId))
    const openingGone = Math.max(0, reduced - results.length)
    const shown = found.map((item, index) => (index < openingGone ? firstLine(item) : short(item)))
    const { messages } = openingOf(state, shown, calls, analysis, opening.boundary)
    return [
      ...messages,
      ...later.flatMap((stored) =>
        asMessage(state, deps, stored, (item, id) => (gone.has(id) ? firstLine(item) : short(item))),
      ),
    ]
  }
  const count = results.length + found.length
  return { instructions, messages: fitted(build, count, roomFor(assistant.contextTokens, halved)) }
}

type Item = Omit<EvidenceItem, 'number'> & { readonly number: number | null }

function openingOf(
  state: RunState,
  shown: readonly Item[],
  calls: readonly string[],
  analysis: ReturnType<typeof analyse>,
  boundary: string,
): Prompt {
  const evidence = shown.flatMap(({ number, ...item }) => (number === null ? [] : [{ ...item, number }]))
  const prompt = investigationMessages({ incident: state.incident, evidence, calls, analysis, boundary })
  return { ...prompt, messages: prompt.messages.map(kept) }
}

/** Vendors that store what is sent again and again are asked to: the opening is the same in every turn. */
const kept = (message: ModelMessage): ModelMessage => ({
  ...message,
  providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } },
})

/** One stored message as a model is told it. `show` may shorten what a call found. */
export function asMessage(
  state: RunState,
  deps: Pick<RunDeps, 'boundary'>,
  stored: StoredMessage,
  show: (item: Item, toolCallId: string) => Item,
): ModelMessage[] {
  switch (stored.role) {
    case 'assistant':
      return [stored.message]
    case 'note':
      return [{ role: 'user', content: stored.text }]
    case 'tool':
      return [
        toolResultMessage(
          stored.results.map((result) => ({
            toolCallId: result.toolCallId,
            toolName: result.toolName,
            item: show(itemOf(state, result), result.toolCallId),
            boundary: stored.boundary ?? deps.boundary(),
          })),
        ),
      ]
    case 'news': {
      const items = state.evidence.filter(({ key }) => stored.keys.includes(key))
      const said = (stored.said ?? []).map((text): ModelMessage => ({
        role: 'user',
        content: `A person of the organisation says: ${text}`,
      }))
      return items.length === 0 ? said : [evidenceMessage(items, stored.boundary ?? deps.boundary()), ...said]
    }
  }
}

function itemOf(state: RunState, result: StoredResult): Item {
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
