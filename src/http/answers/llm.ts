/** Language models as the API shows them. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listModels } from '../../services/llm-models'
import type { LlmSettingsView } from '../../services/llm-settings-view'
import type { readUsage } from '../../services/llm-usage'
import { time } from './fields'

const provider = z.enum(['openai', 'anthropic', 'google', 'openai-compatible', 'workers-ai'])
const price = z.object({ input: z.number(), cachedInput: z.number().optional(), output: z.number() })

export const llmSettings = z.object({
  source: z.enum(['organization', 'deployment', 'builtin']),
  enabled: z.boolean(),
  provider: provider.nullable(),
  model: z.string().nullable(),
  baseUrl: z.string().nullable(),
  hasKey: z.boolean(),
  keyHint: z.string().nullable(),
  contextTokens: z.int().nullable(),
  toolMode: z.enum(['native', 'json']),
  prices: z.record(z.string(), price),
  deploymentProblem: z.string().nullable(),
})

export const showLlmSettings = (view: LlmSettingsView): z.infer<typeof llmSettings> => ({
  ...view,
  prices: { ...view.prices },
})

export const modelTest = z.object({
  ok: z.boolean(),
  provider: z.string(),
  model: z.string(),
  milliseconds: z.int(),
  callsTools: z.boolean(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  problem: z.string().nullable(),
})

export const modelList = z.object({
  active: z.object({
    source: z.enum(['organization', 'deployment', 'builtin']),
    provider: z.string().nullable(),
    model: z.string().nullable(),
  }),
  models: z.array(
    z.object({
      provider: z.union([provider, z.literal('builtin')]).nullable(),
      id: z.string(),
      contextTokens: z.int().nullable(),
      price: price.nullable(),
      inUse: z.boolean(),
    }),
  ),
  providers: z.array(provider),
  presets: z.array(z.object({ name: z.string(), baseUrl: z.string(), needsKey: z.boolean() })),
})

export const showModels = (list: Awaited<ReturnType<typeof listModels>>): z.infer<typeof modelList> => ({
  active: list.active,
  models: [...list.models],
  providers: [...list.providers],
  presets: [...list.presets],
})

export const usageReport = z.object({
  from: time,
  to: time,
  group: z.enum(['day', 'model', 'session', 'run', 'user', 'type']),
  rows: z.array(
    z.object({
      key: z.string().nullable(),
      calls: z.int(),
      failed: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      cachedInputTokens: z.int(),
      costUsd: z.number(),
      unpriced: z.int(),
    }),
  ),
  total: z.object({
    calls: z.int(),
    inputTokens: z.int(),
    outputTokens: z.int(),
    costUsd: z.number(),
  }),
  today: z.object({
    costUsd: z.number(),
    tokens: z.int(),
    maxCostUsd: z.number().nullable(),
    maxTokens: z.int().nullable(),
  }),
})

type Report = Awaited<ReturnType<typeof readUsage>>

export function showUsageReport({ from, to, group, rows, today }: Report): z.infer<typeof usageReport> {
  const sum = (value: (row: Report['rows'][number]) => number): number =>
    rows.reduce((total, row) => total + value(row), 0)
  return {
    from: iso(from),
    to: iso(to),
    group,
    rows: rows.map(({ costMicros, ...row }) => ({ ...row, costUsd: costMicros / 1_000_000 })),
    total: {
      calls: sum(({ calls }) => calls),
      inputTokens: sum(({ inputTokens }) => inputTokens),
      outputTokens: sum(({ outputTokens }) => outputTokens),
      costUsd: sum(({ costMicros }) => costMicros) / 1_000_000,
    },
    today,
  }
}
