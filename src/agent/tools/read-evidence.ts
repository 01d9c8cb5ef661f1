import * as z from 'zod'
import { parseJson } from '../evidence'
import { tool } from './tool'

/** Stored evidence in full, by number. Mints nothing. */
export const readEvidence = tool({
  name: 'read_evidence',
  description:
    'The stored evidence with this number in full. Use it for evidence that was shortened in the conversation.',
  access: 'read',
  input: z.strictObject({ number: z.int().positive() }),
  mints: 'never',
  run: async ({ number }, { evidence }) => {
    const item = evidence.find((candidate) => candidate.number === number)
    if (item === undefined) {
      return {
        status: 'error',
        output: { message: `No evidence has the number ${number}.` },
        trust: 'high',
        errorCode: 'not_found',
      }
    }
    // As it was sealed: what was low in trust stays so, since the scan of `seal` only ever lowers.
    const { executedAt, errorCode: _errorCode, output, ...rest } = item
    return {
      status: 'success',
      output: {
        ...rest,
        executedAt: new Date(executedAt).toISOString(),
        output: parseJson(output) ?? output,
      },
      trust: 'normal',
    }
  },
})
