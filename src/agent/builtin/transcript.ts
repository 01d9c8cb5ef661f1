/** What the built-in analyst reads out of a model's prompt. */

import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { parseJson, type EvidenceItem } from '../evidence'
import { unfence } from '../untrusted'
import { dataBlock, type DataBlock } from './prompt'

export interface Transcript {
  readonly opening: Exclude<DataBlock, { kind: 'evidence' }> | null
  readonly evidence: readonly EvidenceItem[]
  /** Numbers of the evidence that came with the last tool results. */
  readonly fresh: ReadonlySet<number>
  /** Tools called so far, by name. */
  readonly called: ReadonlySet<string>
  readonly turns: number
  /** The last text of the last user message outside a fence. */
  readonly question: string
}

/** Reads messages made by the builders of `prompt.ts`. */
export function readTranscript(prompt: LanguageModelV4Prompt): Transcript {
  const evidence = new Map<number, EvidenceItem>()
  const called = new Set<string>()
  let opening: Transcript['opening'] = null
  let fresh = new Set<number>()
  let turns = 0
  let question = ''
  for (const message of prompt) {
    if (message.role === 'system') continue
    if (message.role === 'assistant') {
      turns++
      for (const part of message.content) if (part.type === 'tool-call') called.add(part.toolName)
      continue
    }
    const texts: readonly string[] = message.content.flatMap((part): readonly string[] => {
      if (part.type === 'text') return [part.text]
      return part.type === 'tool-result' && part.output.type === 'text' ? [part.output.value] : []
    })
    if (message.role === 'tool') fresh = new Set()
    for (const text of texts) {
      const block = blockOf(text)
      if (block === null) {
        question = text
        continue
      }
      if (block.kind !== 'evidence') opening = block
      if (block.kind === 'investigation') for (const name of block.calls) called.add(name)
      for (const item of itemsOf(block)) {
        evidence.set(item.number, item)
        if (block.kind === 'evidence') fresh.add(item.number)
      }
    }
  }
  return { opening, evidence: [...evidence.values()], fresh, called, turns, question }
}

function blockOf(text: string): DataBlock | null {
  const json = unfence(text)
  if (json === null) return null
  const parsed = dataBlock.safeParse(parseJson(json))
  return parsed.success ? parsed.data : null
}

function itemsOf(block: DataBlock): readonly EvidenceItem[] {
  return block.evidence.flatMap((item) =>
    item.number === null
      ? []
      : {
          number: item.number,
          tool: item.tool,
          command: item.command,
          status: item.status,
          trust: item.trust,
          executedAt: Date.parse(item.executedAt),
          errorCode: item.errorCode,
          output: JSON.stringify(item.output) ?? 'null',
        },
  )
}
