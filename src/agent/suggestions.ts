/** Suggestions: what a person could do next. Nothing of it is ever executed by an investigation. */

import * as z from 'zod'
import { isDestructive, soundsDestructive } from './command-policy'
import type { EvidenceItem } from './evidence'
import type { Origin } from './findings'

export const suggestionTypes = ['diagnostic', 'mitigation', 'remediate', 'prevent', 'fix'] as const
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

/** Suggestions of a run, at most. */
const MAX = 4
const MAX_COMMAND = 500

/** Risk by code: destructive words make it high, a diagnostic without them is safe, all else is at least low. */
export function riskOf(draft: Pick<SuggestionDraft, 'type' | 'title' | 'command' | 'risk'>): Risk {
  if (soundsDestructive(draft.title) || (draft.command !== null && isDestructive(draft.command)))
    return 'high'
  if (draft.type === 'diagnostic') return 'safe'
  return draft.risk === 'safe' ? 'low' : draft.risk
}

/** Whole suggestions: risk by code, one line for a title, evidence that exists. Those of a model must cite some. */
export function finishSuggestions(
  drafts: readonly SuggestionDraft[],
  origin: Origin,
  evidence: readonly EvidenceItem[],
): readonly Suggestion[] {
  const usable = new Set(evidence.filter((item) => item.status === 'success').map((item) => item.number))
  const finished = drafts.flatMap((draft): readonly Suggestion[] => {
    const title = collapse(draft.title)
    const command = draft.command === null ? null : draft.command.trim()
    const cited = [...new Set(draft.evidence)]
      .filter((number) => usable.has(number))
      .toSorted((a, b) => a - b)
    const isUseless = title === '' || (origin === 'model' && cited.length === 0)
    if (isUseless || (command !== null && command.length > MAX_COMMAND)) return []
    return [{ ...draft, title, command, risk: riskOf(draft), evidence: cited, origin }]
  })
  return theSet(finished)
}

/** The first four, each title and each command of a type once. */
export function theSet(suggestions: readonly Suggestion[]): readonly Suggestion[] {
  const seen = new Set<string>()
  const isNew = ({ type, title, command }: Suggestion): boolean => {
    const keys = [
      `title ${title.toLowerCase()}`,
      ...(command === null ? [] : [`${type} ${collapse(command).toLowerCase()}`]),
    ]
    if (keys.some((key) => seen.has(key))) return false
    for (const key of keys) seen.add(key)
    return true
  }
  return suggestions.filter(isNew).slice(0, MAX)
}

const collapse = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
