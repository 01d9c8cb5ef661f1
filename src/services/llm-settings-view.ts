import { pricesSchema, PROVIDERS, TOOL_MODES, type Choice, type Provider } from '../llm/choice'
import type { LlmSettingsRow } from '../store/llm-settings'
import type { LlmPorts } from './llm-choice'

/** What a person sees of the choice. */
export interface LlmSettingsView {
  /** Whose choice is in use; `builtin` when there is no model. */
  readonly source: 'organization' | 'deployment' | 'builtin'
  readonly enabled: boolean
  readonly provider: Provider | null
  readonly model: string | null
  readonly baseUrl: string | null
  readonly hasKey: boolean
  /** The last four characters of an organisation's own key. */
  readonly keyHint: string | null
  readonly contextTokens: number | null
  readonly toolMode: 'native' | 'json'
  readonly prices: Choice['prices']
  /** What is wrong with the deployment's own variables; null when nothing is. */
  readonly deploymentProblem: string | null
}

export function viewOf(row: LlmSettingsRow | undefined, { deployment }: LlmPorts): LlmSettingsView {
  const { choice, problem } = deployment
  if (row !== undefined) {
    const prices = pricesSchema.safeParse(row.prices)
    const provider = PROVIDERS.find((name) => name === row.provider) ?? null
    return {
      source: row.enabled && provider !== null ? 'organization' : 'builtin',
      enabled: row.enabled,
      provider,
      model: row.model,
      baseUrl: row.baseUrl,
      hasKey: row.sealedKey !== null,
      keyHint: row.keyHint,
      contextTokens: row.contextTokens,
      toolMode: TOOL_MODES.find((mode) => mode === row.toolMode) ?? 'native',
      prices: prices.success ? prices.data : {},
      deploymentProblem: problem,
    }
  }
  return {
    source: choice === null ? 'builtin' : 'deployment',
    enabled: choice !== null,
    provider: choice?.provider ?? null,
    model: choice?.model ?? null,
    // Where the operator's own model runs is the operator's business.
    baseUrl: null,
    hasKey: choice?.apiKey !== undefined && choice.apiKey !== null,
    keyHint: null,
    contextTokens: choice?.contextTokens ?? null,
    toolMode: choice?.toolMode ?? 'native',
    prices: choice?.prices ?? {},
    deploymentProblem: problem,
  }
}
