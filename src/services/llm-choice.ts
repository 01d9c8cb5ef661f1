/** Which language model an organisation's runs use at this moment: its own, the deployment's, or none. */
import { pricesSchema, PROVIDERS, TOOL_MODES, type Choice } from '../llm/choice'
import type { Deployment } from '../llm/deployment'
import { open, seal } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import type { LlmSettingsRow } from '../store/llm-settings'

/** What the verbs around models reach beyond the tenant's rows. */
export interface LlmPorts {
  readonly deployment: Deployment
  /** @throws AppError when the operator has set no sealing key */
  readonly masters: () => Promise<Masters>
  /** The Workers AI binding, where the deployment has one. */
  readonly ai?: Ai | undefined
  /** The raw `fetch`; a test hands in its fake. */
  readonly http?: typeof fetch | undefined
  /** Host names of this product, which no organisation's address may name. */
  readonly ownHosts: readonly string[]
}

/** What a key is sealed for: with another organisation, provider or address it does not open. */
const placeOf = (orgId: string, provider: string, baseUrl: string | null): string =>
  `${orgId}|llm|${provider}|${baseUrl ?? ''}`

export const sealKey = (
  masters: Masters,
  orgId: string,
  { provider, baseUrl }: Pick<Choice, 'provider' | 'baseUrl'>,
  key: string,
): Promise<string> => seal(masters, placeOf(orgId, provider, baseUrl), key)

/** What a stored row chooses. @throws Error when its key cannot be opened */
export async function choiceFrom(
  orgId: string,
  row: LlmSettingsRow,
  ports: LlmPorts,
): Promise<Choice | null> {
  const provider = PROVIDERS.find((name) => name === row.provider)
  if (!row.enabled || provider === undefined || row.model === null) return null
  const prices = pricesSchema.safeParse(row.prices)
  return {
    provider,
    model: row.model,
    baseUrl: row.baseUrl,
    apiKey: row.sealedKey === null ? null : await openKey(orgId, { ...row, provider }, row.sealedKey, ports),
    prices: { ...ports.deployment.prices, ...(prices.success ? prices.data : {}) },
    contextTokens: row.contextTokens,
    toolMode: TOOL_MODES.find((mode) => mode === row.toolMode) ?? 'native',
    source: 'organization',
  }
}

async function openKey(
  orgId: string,
  { provider, baseUrl }: Pick<Choice, 'provider' | 'baseUrl'>,
  sealed: string,
  ports: LlmPorts,
): Promise<string> {
  const opened = await open(await ports.masters(), placeOf(orgId, provider, baseUrl), sealed)
  if (!opened.ok) throw new Error(`the model's key does not open: ${opened.reason}`)
  return opened.plaintext
}
