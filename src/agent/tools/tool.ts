/** What a tool of the investigation is: a strict input, a read, and an answer that is sealed before anyone sees it. */

import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import type { EvidenceItem, ToolErrorCode } from '../evidence'
import type { Reads } from '../facts'
import { seal, type Draft, type ToolResult } from '../seal'

/** What a tool may use. `now` is ms since the epoch; `evidence` is what the incident already has. */
export interface ToolContext {
  readonly reads: Reads
  readonly now: number
  readonly evidence: readonly EvidenceItem[]
}

/**
 * What came of a call. `evidence` is minted with a number; `answer` is shown but minted no number;
 * `refused` never ran, its message goes back to the model.
 */
export type ToolOutcome =
  | { readonly kind: 'evidence'; readonly result: ToolResult }
  | { readonly kind: 'answer'; readonly result: ToolResult }
  | {
      readonly kind: 'refused'
      readonly code: Extract<ToolErrorCode, 'invalid_arguments' | 'policy_denied'>
      readonly message: string
    }

export interface Tool {
  readonly name: string
  readonly description: string
  readonly access: 'read'
  readonly input: Schema
  readonly run: (args: unknown, context: ToolContext) => Promise<ToolOutcome>
}

interface Definition<Input> {
  readonly name: string
  readonly description: string
  readonly access: 'read'
  readonly input: Schema<Input>
  /** False for tools whose answers are not evidence. Default true. */
  readonly mints?: boolean
  readonly run: (input: Input, context: ToolContext) => Promise<Omit<Draft, 'command'>>
}

/** Pairs a schema with its reader, so that callers see neither its types nor an unchecked argument. */
export function tool<Input>(definition: Definition<Input>): Tool {
  return {
    name: definition.name,
    description: definition.description,
    access: definition.access,
    input: definition.input,
    run: async (args, context) => {
      const input = z.safeParse(definition.input, args ?? {})
      if (!input.success)
        return { kind: 'refused', code: 'invalid_arguments', message: z.prettifyError(input.error) }
      const draft = await definition.run(input.data, context)
      const result = seal({ ...draft, command: commandOf(definition.name, args) })
      return { kind: definition.mints === false ? 'answer' : 'evidence', result }
    },
  }
}

/** The call as a person would read it: the name and its arguments in their order. */
export function commandOf(name: string, args: unknown): string {
  const entries: readonly [string, unknown][] =
    typeof args === 'object' && args !== null ? Object.entries(args) : []
  const parts = entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [name, ...parts].join(' ')
}
