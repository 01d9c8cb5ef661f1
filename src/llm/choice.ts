/** Which language model is used, and what it may be told about itself. Plain values: opening one is `open.ts`. */
import * as z from 'zod'

export const PROVIDERS = ['openai', 'anthropic', 'google', 'openai-compatible', 'workers-ai'] as const
export type Provider = (typeof PROVIDERS)[number]

/** US dollars per million tokens. */
const priceSchema = z.object({
  input: z.number().min(0).max(10_000),
  cachedInput: z.number().min(0).max(10_000).optional(),
  output: z.number().min(0).max(10_000),
})
export type Price = Readonly<z.infer<typeof priceSchema>>

/** Prices by model id; `*` at the end stands for any rest. */
export const pricesSchema = z.record(z.string().min(1).max(200), priceSchema)
export type Prices = Readonly<z.infer<typeof pricesSchema>>

/** How a model is asked for its calls: by the vendor's own tool calling, or by one JSON object a turn. */
export const TOOL_MODES = ['native', 'json'] as const
type ToolMode = (typeof TOOL_MODES)[number]

export interface Choice {
  readonly provider: Provider
  readonly model: string
  /** Null: the vendor's own address. */
  readonly baseUrl: string | null
  readonly apiKey: string | null
  /** Prices that take precedence over the built-in list. */
  readonly prices: Prices
  /** Tokens that the model can read at once; null: what is known of it, or a careful guess. */
  readonly contextTokens: number | null
  readonly toolMode: ToolMode
  /** Whose choice it is. */
  readonly source: 'organization' | 'deployment'
}

/** Addresses of servers that speak the OpenAI protocol, by the names that people know them by. */
export const PRESETS = [
  { name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', needsKey: true },
  { name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', needsKey: false },
  { name: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', needsKey: false },
  { name: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', needsKey: false },
] as const

/** Where each vendor listens when nothing else is said; null where an address or a binding is needed. */
export const HOME: Readonly<Record<Provider, string | null>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
  'openai-compatible': null,
  'workers-ai': null,
}

/** Whether the vendor answers nobody without a key. */
export const needsKey = (provider: Provider): boolean =>
  provider === 'openai' || provider === 'anthropic' || provider === 'google'
