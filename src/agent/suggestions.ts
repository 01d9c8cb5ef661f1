/** Suggestions: what a person could do next. Nothing of it is ever executed by an investigation. */

import * as z from 'zod'
import { isDestructive, soundsDestructive } from './command-policy'
import type { EvidenceItem } from './evidence'
import type { Origin } from './findings'

const suggestionTypes = ['diagnostic', 'mitigation', 'remediate', 'prevent', 'fix'] as const
const risks = ['safe', 'low', 'medium', 'high'] as const
export type Risk = (typeof risks)[number]

/** A suggestion before code has judged it. `risk` is the least it is worth. */
const suggestionDraft = z.object({
  type: z.enum(suggestionTypes),
  title: z.string().min(1).max(200),
  description: z.string().min(1).max(2000),
  risk: z.enum(risks),
  command: z.string().nullable(),
  rationale: z.string().max(1000),
  undo: z.string().max(1000).nullable(),
  summary: z.string().max(400),
  evidence: z.array(z.int().positive()),
})
export type SuggestionDraft = z.infer<typeof suggestionDraft>

export interface Suggestion extends Readonly<SuggestionDraft> {
  readonly origin: Origin
}

const MAX = 4
const MAX_COMMAND = 500
/** Risk by code: destructive words make it high, a diagnostic without them is safe, all else is at least low. */
export function riskOf(draft: Pick<SuggestionDraft, 'type' | 'title' | 'command' | 'risk'>): Risk {
  if (soundsDestructive(draft.title) || (draft.command !== null && isDestructive(draft.command)))
    return 'high'
  if (draft.type === 'diagnostic') return 'safe'
  return draft.risk === 'safe' ? 'low' : draft.risk
}

/**
 * At most four suggestions with risk by code, unique by title and by type and command, on one line each.
 * Those of a model must cite evidence that exists with status `success`.
 */
export function finishSuggestions(
  drafts: readonly SuggestionDraft[],
  origin: Origin,
  evidence: readonly EvidenceItem[],
): readonly Suggestion[] {
  const usable = new Set(evidence.filter((item) => item.status === 'success').map((item) => item.number))
  const seen = new Set<string>()
  const kept: Suggestion[] = []
  for (const draft of drafts) {
    const title = collapse(draft.title)
    const command = draft.command === null ? null : draft.command.trim()
    const cited = [...new Set(draft.evidence)]
      .filter((number) => usable.has(number))
      .toSorted((a, b) => a - b)
    if (command !== null && command.length > MAX_COMMAND) continue
    if (origin === 'model' && cited.length === 0) continue
    const keys = [
      `title ${title.toLowerCase()}`,
      ...(command === null ? [] : [`${draft.type} ${collapse(command).toLowerCase()}`]),
    ]
    if (title === '' || keys.some((key) => seen.has(key))) continue
    for (const key of keys) seen.add(key)
    kept.push({ ...draft, title, command, risk: riskOf(draft), evidence: cited, origin })
  }
  return kept.slice(0, MAX)
}

const collapse = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
