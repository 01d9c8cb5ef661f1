/** Models without tool calling: they are told the tools as text and answer with one JSON object a turn in a fenced block. */
import type { ModelMessage, ToolSet } from 'ai'
import type { Prompt } from '../builtin/prompt'
import { parseJson } from '../evidence'
import { isJsonArray, isJsonObject, toJson } from '../json'
import type { Call } from './call-tools'
import { describeTools } from './tokens'

/** The same conversation in words alone: calls and results as text. */
export function inWords(prompt: Prompt, tools: ToolSet): Prompt {
  const rules = `You call a tool by ending your turn with exactly one fenced block:
\`\`\`json
{"calls": [{"tool": "<name>", "args": {}}]}
\`\`\`
Up to four calls in one block, and nothing after it. The tools, with the JSON schema of their arguments:

${describeTools(tools)}`
  return {
    instructions: `${prompt.instructions}\n\n${rules}`,
    messages: prompt.messages.map(asWords),
  }
}

function asWords(message: ModelMessage): ModelMessage {
  if (message.role === 'tool') return { role: 'user', content: message.content.map(resultText).join('\n\n') }
  if (message.role !== 'assistant' || typeof message.content === 'string') return message
  const calls = message.content.flatMap((part) =>
    part.type === 'tool-call' ? [{ tool: part.toolName, args: part.input }] : [],
  )
  const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const block = calls.length === 0 ? '' : `\n\`\`\`json\n${JSON.stringify({ calls })}\n\`\`\``
  return { role: 'assistant', content: `${text}${block}` }
}

const resultText = (part: Extract<ModelMessage, { role: 'tool' }>['content'][number]): string =>
  part.type === 'tool-result' && part.output.type === 'text'
    ? `Result of ${part.toolName}:\n${part.output.value}`
    : ''

const BLOCK = /```(?:json)?\s*\n([\s\S]*?)\n?```/g

/** The calls of the last fenced block, and the text before it. A block that is no such object is a call that cannot be carried out. */
export function callsIn(
  text: string,
  turn: number,
): { readonly text: string; readonly calls: readonly Call[] } {
  const last = [...text.matchAll(BLOCK)].at(-1)
  if (last === undefined) return { text, calls: [] }
  const value = toJson(parseJson(last[1] ?? ''))
  const listed = isJsonObject(value) ? value['calls'] : undefined
  const wanted = listed !== undefined && isJsonArray(listed) ? listed : [value]
  return {
    text: text.slice(0, last.index).trim(),
    calls: wanted.map((one, index): Call => {
      const name = isJsonObject(one) ? one['tool'] : undefined
      const args = isJsonObject(one) ? one['args'] : undefined
      const toolCallId = `text-${turn}-${index + 1}`
      return typeof name === 'string'
        ? { toolCallId, toolName: name, args: args ?? {} }
        : { toolCallId, toolName: 'unreadable', args: {}, invalid: true }
    }),
  }
}

/** The turn as a message that the conversation stores, with its calls as calls. */
export const asCalls = (text: string, calls: readonly Call[]): ModelMessage => ({
  role: 'assistant',
  content: [
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...calls.map(
      ({ toolCallId, toolName, args }) => ({ type: 'tool-call', toolCallId, toolName, input: args }) as const,
    ),
  ],
})
