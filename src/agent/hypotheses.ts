/** What a language model holds possible while it investigates: its ledger, kept in the checkpoint of its run. */
import * as z from 'zod'
import type { EvidenceItem } from './evidence'
import { borne } from './findings'
import { stripMarkers } from './quotes'

const state = z.enum(['open', 'supported', 'ruled_out'])
const numbers = z.array(z.int().positive())

/** The argument of `note_hypothesis`; unknown keys are refused. */
export const hypothesisNote = z.strictObject({
  statement: z
    .string()
    .max(300)
    .refine((text) => stripMarkers(text) !== '', 'Invalid statement'),
  service: z.string().min(1).max(200).optional(),
  state: state.default('open'),
  for: numbers.max(20).default([]),
  against: numbers.max(20).default([]),
})

/** A note as it is kept; `for` and `against` are numbers of evidence. */
export const hypothesis = z.object({
  statement: z.string(),
  service: z.string().nullable(),
  state,
  for: numbers,
  against: numbers,
})
export type Hypothesis = z.output<typeof hypothesis>

/**
 * A note with the numbers that there are. It counts as settled only when the evidence that it names bears it, by the rules
 * for a claim about the root cause; else it stays open.
 */
export function checked(
  note: z.output<typeof hypothesisNote>,
  evidence: readonly EvidenceItem[],
): Hypothesis {
  const known = new Set(evidence.flatMap(({ status, number }) => (status === 'success' ? [number] : [])))
  const kept = {
    statement: stripMarkers(note.statement),
    service: note.service ?? null,
    for: note.for.filter((number) => known.has(number)),
    against: note.against.filter((number) => known.has(number)),
  }
  const settledBy = { open: [], supported: kept.for, ruled_out: kept.against }[note.state]
  const claim = { section: 'root_cause', text: kept.statement, evidence: settledBy, origin: 'model' } as const
  return { ...kept, state: borne(claim, evidence) === null ? 'open' : note.state }
}
