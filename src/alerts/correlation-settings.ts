/** An organisation's correlation settings: schema, ranges and defaults. */
import * as z from 'zod'

const weight = z.number().min(0).max(1)

export const correlationSettings = z.strictObject({
  /** `shadow` decides and logs, but opens a new incident. */
  mode: z.enum(['on', 'shadow', 'off']),
  windowSeconds: z.number().min(30).max(3600),
  threshold: z.number().min(0).max(1),
  weights: z
    .strictObject({ topology: weight, time: weight, similarity: weight })
    .refine(({ topology, time, similarity }) => Math.abs(topology + time + similarity - 1) <= 0.001, {
      error: 'weights must sum to 1',
    }),
  maxGroupSize: z.int().min(2).max(1000),
  autoExtend: z.boolean(),
  titleSimilarity: z.enum(['lexical', 'ngram', 'embedding']),
  autoResolveIncidents: z.boolean(),
})
export type CorrelationSettings = z.infer<typeof correlationSettings>

export const DEFAULT_CORRELATION: CorrelationSettings = {
  mode: 'on',
  windowSeconds: 300,
  threshold: 0.6,
  weights: { topology: 0.5, time: 0.3, similarity: 0.2 },
  maxGroupSize: 50,
  autoExtend: false,
  titleSimilarity: 'lexical',
  autoResolveIncidents: true,
}

/**
 * What we recommend where the topology is known: late alerts of a cascade are followed, titles are compared loosely, and a
 * storm does not break into pieces because its incident has too many alerts for a neighbour to join.
 */
export const RECOMMENDED_CORRELATION: CorrelationSettings = {
  ...DEFAULT_CORRELATION,
  windowSeconds: 600,
  threshold: 0.5,
  weights: { topology: 0.6, time: 0.2, similarity: 0.2 },
  maxGroupSize: 1000,
  autoExtend: true,
  titleSimilarity: 'ngram',
}
