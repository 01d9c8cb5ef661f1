import { findingsSchema } from '../findings'
import { tool } from './tool'

/** The end of an investigation. It only checks the shape; the run reads the arguments and validates the claims. */
export const submitFindings = tool({
  name: 'submit_findings',
  description:
    'Ends the investigation with its findings. Every claim and every ruled-out item names the numbers of the evidence that supports it.',
  access: 'read',
  input: findingsSchema,
  mints: false,
  run: async (findings) => ({
    status: 'success',
    output: { accepted: true, claims: findings.claims.length },
    trust: 'high',
  }),
})
