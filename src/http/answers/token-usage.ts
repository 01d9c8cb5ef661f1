import * as z from 'zod'
import type { IncidentDetail } from '../../services/incident-detail'

export const tokenUsage = z.object({
  requestCount: z.int(),
  totalInputTokens: z.int(),
  totalOutputTokens: z.int(),
  totalTokens: z.int(),
  totalCost: z.number(),
  models: z.array(
    z.object({
      model: z.string(),
      requestCount: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      cost: z.number(),
    }),
  ),
})

/** Sums over the models; null where none was used. */
export function showUsage(models: IncidentDetail['usage']): z.infer<typeof tokenUsage> | null {
  if (models.length === 0) return null
  const sum = (of: (model: (typeof models)[number]) => number): number =>
    models.reduce((total, model) => total + of(model), 0)
  const totalInputTokens = sum(({ inputTokens }) => inputTokens)
  const totalOutputTokens = sum(({ outputTokens }) => outputTokens)
  return {
    requestCount: sum(({ requestCount }) => requestCount),
    totalInputTokens,
    totalOutputTokens,
    totalTokens: totalInputTokens + totalOutputTokens,
    totalCost: sum(({ cost }) => cost),
    models: models.map((model) => ({ ...model })),
  }
}
