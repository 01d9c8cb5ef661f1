/** The models that can be chosen, and the one that is in use. */
import { contextOf, KNOWN_MODELS, priceOf } from '../llm/catalog'
import { PRESETS, PROVIDERS, type Price, type Provider } from '../llm/choice'
import { llmSettingsOf } from '../store/llm-settings'
import type { Ctx } from './context'
import { viewOf } from './llm-settings-view'
import type { LlmPorts } from './llm-choice'

interface ModelView {
  readonly provider: Provider | 'builtin'
  readonly id: string
  readonly contextTokens: number | null
  /** US dollars per million tokens; null where nobody told. */
  readonly price: Price | null
  readonly inUse: boolean
}

/** Known models, whatever was chosen besides, and the built-in analyst, which is always there. */
export async function listModels({ db }: Ctx, ports: LlmPorts) {
  const [row] = await llmSettingsOf(db)
  const view = viewOf(row, ports)
  const active = view.source === 'builtin' ? null : view
  const prices = { ...ports.deployment.prices, ...view.prices }
  const isInUse = (provider: string, id: string): boolean =>
    active !== null && active.provider === provider && active.model === id
  const known: ModelView[] = KNOWN_MODELS.map(({ provider, id, contextTokens }) => ({
    provider,
    id,
    contextTokens,
    price: priceOf(id, prices, provider),
    inUse: isInUse(provider, id),
  }))
  const chosen: ModelView[] =
    active === null || active.provider === null || active.model === null || known.some(({ inUse }) => inUse)
      ? []
      : [
          {
            provider: active.provider,
            id: active.model,
            contextTokens: contextOf(active.model, active.contextTokens),
            price: priceOf(active.model, prices, active.provider),
            inUse: true,
          },
        ]
  const builtin: ModelView = {
    provider: 'builtin',
    id: 'builtin-analyst',
    contextTokens: null,
    price: { input: 0, output: 0 },
    inUse: active === null,
  }
  return {
    active:
      active === null
        ? { source: 'builtin' as const, provider: 'builtin' as const, model: builtin.id }
        : {
            source: active.source,
            provider: active.provider,
            model: active.model,
          },
    models: [...chosen, ...known, builtin],
    providers: PROVIDERS.filter((name) => name !== 'workers-ai' || ports.deployment.hasWorkersAi),
    presets: PRESETS,
  }
}
