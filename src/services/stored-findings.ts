/** Findings as a run's row holds them. */
import * as z from 'zod'
import { findingsSchema } from '../agent/findings'

const part = z.number().nullable()
const stored = findingsSchema
  .extend({
    verdict: z.string(),
    candidates: z
      .array(
        z.object({
          service: z.string(),
          score: z.number(),
          components: z.object({ A: part, M: part, G: part, C: part, L: part }),
        }),
      )
      // Runs of before had none.
      .default([]),
  })
  .loose()

/** The findings that a run published; null when there are none. */
export function storedFindings(claims: unknown) {
  const parsed = stored.safeParse(claims)
  if (!parsed.success) return null
  const origin = (given: 'rules' | 'model' | undefined) => given ?? 'rules'
  return {
    headline: parsed.data.headline,
    notChecked: parsed.data.notChecked,
    candidates: parsed.data.candidates,
    claims: parsed.data.claims.map((claim) => ({ ...claim, origin: origin(claim.origin) })),
    ruledOut: parsed.data.ruledOut.map((item) => ({ ...item, origin: origin(item.origin) })),
  }
}
