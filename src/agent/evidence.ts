/** Stored evidence as the analyst, the validator and the prompts see it. */

import * as z from 'zod'
import type { Schema } from '../lib/schema'

export type Trust = 'high' | 'normal' | 'low'
export type EvidenceStatus = 'success' | 'empty' | 'error'

/** The closed set of codes with which a tool call can fail. */
export const toolErrorCodes = [
  'invalid_arguments',
  'not_connected',
  'unauthorized',
  'forbidden',
  'not_found',
  'rate_limited',
  'timeout',
  'unreachable',
  'too_large',
  'vendor_error',
  'policy_denied',
  'budget',
] as const
export type ToolErrorCode = (typeof toolErrorCodes)[number]

/** One numbered, redacted result of a tool call. `output` is JSON text, `executedAt` ms since the epoch. */
export interface EvidenceItem {
  readonly number: number
  readonly tool: string
  readonly command: string
  readonly output: string
  readonly status: EvidenceStatus
  readonly trust: Trust
  readonly executedAt: number
  readonly errorCode: ToolErrorCode | null
}

/** The JSON value inside `text`, undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a successful item says, read with the schema of its tool's output; null when it says nothing usable. */
export function readOutput<T>(item: EvidenceItem, schema: Schema<T>): T | null {
  if (item.status !== 'success') return null
  const parsed = z.safeParse(schema, parseJson(item.output))
  return parsed.success ? parsed.data : null
}

/** Items by number, so that no result depends on the order in which they were handed in. */
export function inOrder(evidence: readonly EvidenceItem[]): readonly EvidenceItem[] {
  return evidence.toSorted((a, b) => a.number - b.number)
}

/** The newest item of a tool whose output fits the schema. */
export function newestOf<T>(
  evidence: readonly EvidenceItem[],
  tool: string,
  schema: Schema<T>,
): { readonly item: EvidenceItem; readonly value: T } | null {
  for (const item of inOrder(evidence).toReversed()) {
    if (item.tool !== tool) continue
    const value = readOutput(item, schema)
    if (value !== null) return { item, value }
  }
  return null
}
