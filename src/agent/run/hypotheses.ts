/** The ledger of a model's hypotheses: what its calls noted, and what of it is news. */
import { parseJson } from '../evidence'
import { hypothesis, type Hypothesis } from '../hypotheses'
import { noteHypothesis } from '../tools/note-hypothesis'
import type { NewThought, StoredResult } from './state'

/** Hypotheses of one run, the newest. */
const MOST = 12

/** What the calls of a turn noted, as they were answered: checked, redacted and scanned. */
export const notesIn = (results: readonly StoredResult[]): readonly Hypothesis[] =>
  results.flatMap(({ toolName, answer }) => {
    if (toolName !== noteHypothesis.name || answer === null) return []
    const note = hypothesis.safeParse(parseJson(answer))
    return note.success ? [note.data] : []
  })

/** The ledger with these notes. One on the same statement takes the place of the earlier. */
export const withNotes = (ledger: readonly Hypothesis[], notes: readonly Hypothesis[]): Hypothesis[] =>
  // From the end: what is noted again is the newest, and of two in one turn the later one counts.
  Map.groupBy([...ledger, ...notes].toReversed(), keyOf)
    .values()
    .flatMap((same) => same.slice(0, 1))
    .take(MOST)
    .toArray()
    .toReversed()

/** What these notes add to the ledger, for people who follow the run. */
export const thoughtsOn = (ledger: readonly Hypothesis[], notes: readonly Hypothesis[]): NewThought[] =>
  notes
    .filter((note) => !ledger.some((one) => keyOf(one) === keyOf(note) && one.state === note.state))
    .map(({ statement, state }) => ({ type: 'hypothesis', content: `${LEAD[state]}${statement}` }))

const LEAD = { open: '', supported: 'Supported: ', ruled_out: 'Ruled out: ' } as const

const keyOf = ({ statement }: Hypothesis): string => statement.toLowerCase().replaceAll(/\s+/g, ' ')
