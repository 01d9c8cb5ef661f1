/**
 * What is known of models by name: context and list price. A convenience, not a promise: vendors change prices, so
 * `LLM_PRICES` and an organisation's own prices come first, and a model that is not in the list works all the same.
 */
import type { Price, Prices, Provider } from './choice'

export interface KnownModel {
  readonly provider: Provider
  readonly id: string
  readonly contextTokens: number
  /** List price when this was written. */
  readonly price: Price
}

const known = (
  provider: Provider,
  id: string,
  contextTokens: number,
  input: number,
  output: number,
  cachedInput = input,
): KnownModel => ({ provider, id, contextTokens, price: { input, cachedInput, output } })

/** As the vendors listed them in autumn 2026, without tiers for very long inputs, which no run here comes near. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  known('openai', 'gpt-6.1-sol', 272_000, 2, 10, 0.1),
  known('openai', 'gpt-5.2', 400_000, 1.75, 14, 0.175),
  known('openai', 'gpt-5', 400_000, 1.25, 10, 0.125),
  known('openai', 'gpt-5-mini', 400_000, 0.25, 2, 0.025),
  known('openai', 'gpt-5-nano', 400_000, 0.05, 0.4, 0.005),
  known('openai', 'gpt-4.1', 1_000_000, 2, 8, 0.5),
  known('openai', 'gpt-4.1-mini', 1_000_000, 0.4, 1.6, 0.1),
  known('openai', 'gpt-4o', 128_000, 2.5, 10, 1.25),
  known('openai', 'gpt-4o-mini', 128_000, 0.15, 0.6, 0.075),
  known('anthropic', 'claude-fable-5-1', 1_000_000, 10, 50, 0.25),
  known('anthropic', 'claude-opus-5-5', 1_000_000, 4, 20),
  known('anthropic', 'claude-opus-5', 1_000_000, 5, 25, 0.5),
  known('anthropic', 'claude-sonnet-5-5', 1_000_000, 2, 10, 0.2),
  known('anthropic', 'claude-sonnet-5', 1_000_000, 2, 10, 0.2),
  known('anthropic', 'claude-opus-4-6', 200_000, 5, 25, 0.5),
  known('anthropic', 'claude-opus-4-5', 200_000, 5, 25, 0.5),
  known('anthropic', 'claude-sonnet-4-6', 200_000, 3, 15, 0.3),
  known('anthropic', 'claude-sonnet-4-5', 200_000, 3, 15, 0.3),
  known('anthropic', 'claude-haiku-4-5', 200_000, 1, 5, 0.1),
  known('google', 'gemini-2.5-pro', 1_000_000, 1.25, 10, 0.31),
  known('google', 'gemini-2.5-flash', 1_000_000, 0.3, 2.5, 0.075),
  known('google', 'gemini-2.5-flash-lite', 1_000_000, 0.1, 0.4, 0.025),
]

/** What a model can read when nobody says and nothing is known: what a local server serves at least. */
const CAREFUL_CONTEXT = 32_000

/** A dated or moving name of a model is that model: `gpt-4o-2024-08-06`, `claude-sonnet-4-5-latest`, `openai/gpt-4o`. */
export function knownModel(id: string): KnownModel | null {
  const bare = id
    .slice(id.lastIndexOf('/') + 1)
    .replace(/(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2})|-latest|-preview|:[a-z-]+)+$/, '')
  return KNOWN_MODELS.find((model) => model.id === bare) ?? null
}

export const contextOf = (model: string, stated: number | null): number =>
  stated ?? knownModel(model)?.contextTokens ?? CAREFUL_CONTEXT

/** The price of a model: the one that was set, else that of the list, else null. */
export function priceOf(model: string, own: Prices, provider: Provider): Price | null {
  const set = own[model] ?? longestMatch(model, own)
  if (set !== undefined) return set
  // The list is of the vendors' own prices: a reseller or a local server asks its own.
  const listed = knownModel(model)
  return listed?.provider === provider ? listed.price : null
}

function longestMatch(model: string, own: Prices): Price | undefined {
  const [best] = Object.entries(own)
    .filter(([name]) => name.endsWith('*') && model.startsWith(name.slice(0, -1)))
    .toSorted(([a], [b]) => b.length - a.length)
  return best?.[1]
}
