import * as z from 'zod'
import { iso } from '../../lib/time'
import type { ModelUse } from '../../services/llm-usage'
import { time } from './fields'

export const modelUseList = z.object({
  models: z.array(
    z.object({
      model_name: z.string(),
      usage_count: z.int(),
      total_cost: z.number(),
      total_surcharge: z.literal(0),
      total_cost_with_surcharge: z.number(),
      first_used: time,
      last_used: time,
    }),
  ),
  total_models: z.int(),
  billing_summary: z.object({
    total_api_cost: z.number(),
    total_cost: z.number(),
    currency: z.literal('USD'),
  }),
})

export function showModelUse(models: readonly ModelUse[]): z.infer<typeof modelUseList> {
  const cost = models.reduce((total, model) => total + model.cost, 0)
  return {
    models: models.map((row) => ({
      model_name: row.model,
      usage_count: row.requestCount,
      total_cost: row.cost,
      total_surcharge: 0,
      total_cost_with_surcharge: row.cost,
      first_used: iso(row.firstUsed),
      last_used: iso(row.lastUsed),
    })),
    total_models: models.length,
    billing_summary: { total_api_cost: cost, total_cost: cost, currency: 'USD' },
  }
}
