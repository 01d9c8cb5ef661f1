/** How many tokens a text will be, guessed from above: no tokenizer of a vendor makes more of one than this of ordinary text. */
import type { ModelMessage, ToolSet } from 'ai'
import * as z from 'zod'

const BYTES_PER_TOKEN = 3
const encoder = new TextEncoder()

export const tokensOf = (text: string): number => Math.ceil(encoder.encode(text).length / BYTES_PER_TOKEN)

/** A whole prompt, with the descriptions of the tools in it. */
export const tokensOfPrompt = (
  { instructions, messages }: { readonly instructions: string; readonly messages: readonly ModelMessage[] },
  tools: ToolSet,
): number => tokensOf(instructions) + tokensOf(JSON.stringify(messages)) + tokensOf(describeTools(tools))

/** Tools as text: name, purpose, and the JSON schema of the arguments. */
export const describeTools = (tools: ToolSet): string =>
  Object.entries(tools)
    .map(([name, tool]) => `${name}: ${textOf(tool.description)}\n${schemaOf(tool.inputSchema)}`)
    .join('\n\n')

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const schemaOf = (schema: unknown): string =>
  schema instanceof z.core.$ZodType
    ? JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
    : '{}'
