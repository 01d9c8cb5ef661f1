import { checked, hypothesisNote } from '../hypotheses'
import { tool } from './tool'

/** A note of the model for people who follow its run. It mints nothing; the run keeps what is answered here. */
export const noteHypothesis = tool({
  name: 'note_hypothesis',
  description:
    'Notes a hypothesis for the people who follow: a statement, whether it is open, supported or ruled_out, and the numbers of the evidence for and against it. The same statement again replaces its note. Answers the note as it is kept: without evidence that bears it, it stays open.',
  access: 'read',
  input: hypothesisNote,
  mints: 'never',
  run: async (note, { evidence }) => ({ status: 'success', output: checked(note, evidence), trust: 'high' }),
})
