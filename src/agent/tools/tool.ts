/** What a tool of the investigation is: a strict input, a read, and an answer that is sealed before anyone sees it. */

import type { FlexibleSchema } from 'ai'
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import type { EvidenceItem, ToolErrorCode } from '../evidence'
import type { Reads, SystemAnswer } from '../facts'
import { seal, type Draft, type ToolResult } from '../seal'

/** What a tool may use. `now` is ms since the epoch; `evidence` is what the run already has. */
export interface ToolContext {
  readonly reads: Reads
  readonly now: number
  readonly evidence: readonly EvidenceItem[]
  /** The part of it that was there before a model asked for anything: what a model asked for can hold words of its own. */
  readonly given: readonly EvidenceItem[]
  /** Asks the connected knowledge systems for documents with some of these words; one that fails says so in its answer. */
  readonly documents?: (query: string) => Promise<readonly SystemAnswer[]>
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
  readonly input: FlexibleSchema
  readonly run: (args: unknown, context: ToolContext) => Promise<ToolOutcome>
}

interface Definition<Input> {
  readonly name: string
  readonly description: string
  readonly access: 'read'
  readonly input: Schema<Input>
  /** Whether answers are evidence. That a search found nothing supports no claim: then it may be none. Default `always`. */
  readonly mints?: 'always' | 'if_found' | 'never'
  readonly run: (input: Input, context: ToolContext) => Promise<Omit<Draft, 'command'>>
}

/** Pairs a schema with its reader, so that callers see neither its types nor an unchecked argument. */
export function tool<Input>(definition: Definition<Input>): Tool {
  const { mints = 'always' } = definition
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
      const isEvidence = mints === 'always' || (mints === 'if_found' && result.status !== 'empty')
      return { kind: isEvidence ? 'evidence' : 'answer', result }
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
