/** What a language model suggests: shown only as far as evidence bears it, and beside what the rules suggest. */
import type { EvidenceItem } from './evidence'
import { quotesIn, stripMarkers, wordsOf } from './quotes'
import { unknownInCommand, unknownInProse } from './resources'
import type { SubmittedSuggestion } from './submission'
import { finishSuggestions, theSet, type Suggestion } from './suggestions'

/** The rules keep a place. */
const MOST_OF_MODEL = 3

/**
 * The published set: the model's suggestions that stand, then those of the rules. One stands when it cites evidence that is
 * not all of low trust, quotes nothing that is not there, and names no resource that occurs in no evidence.
 */
export function withModelSuggestions(
  rules: readonly Suggestion[],
  submitted: readonly SubmittedSuggestion[],
  evidence: readonly EvidenceItem[],
): readonly Suggestion[] {
  const trusted = evidence.filter(({ status, trust }) => status === 'success' && trust !== 'low')
  const words = wordsOf(trusted)
  const drafts = submitted
    .map((one) => ({ ...one, title: stripMarkers(one.title), description: stripMarkers(one.description) }))
    .filter((one) => isBorne(one, trusted, words))
    .map((one) => ({ ...one, summary: one.title, risk: 'low' as const }))
  return theSet([...finishSuggestions(drafts, 'model', evidence).slice(0, MOST_OF_MODEL), ...rules])
}

function isBorne(
  { title, description, command, rationale, undo, evidence }: SubmittedSuggestion,
  trusted: readonly EvidenceItem[],
  words: string,
): boolean {
  const cited = trusted.filter(({ number }) => evidence.includes(number))
  if (cited.length === 0) return false
  // A text may repeat its own command, which is looked at by itself.
  const said = `${wordsOf(cited)}\n${(command ?? '').toLowerCase()}`
  const texts = [title, description, rationale, undo ?? '']
  return (
    (command === null || unknownInCommand(command, words) === null) &&
    texts.every((text) => quotesIn(text).every((quote) => said.includes(quote))) &&
    texts.every((text) => unknownInProse(text, `${words}\n${said}`) === null)
  )
}
