/** A choice of a language model that somebody proposes: what it must have, and what is kept of the one before. */
import * as z from 'zod'
import { AppError } from '../lib/errors'
import { optional, text } from '../lib/fields'
import { HOME, needsKey, pricesSchema, PROVIDERS, TOOL_MODES, type Provider } from '../llm/choice'
import { readModelUrl } from '../llm/egress'
import type { LlmSettingsRow } from '../store/llm-settings'
import { sealKey, type LlmPorts } from './llm-choice'

export const llmChanges = z.object({
  enabled: z.boolean({ error: 'Invalid enabled' }).optional(),
  provider: z
    .enum(PROVIDERS, { error: `Invalid provider. Must be one of: ${PROVIDERS.join(', ')}` })
    .optional(),
  model: text({ error: 'Invalid model', max: 200 }).optional(),
  baseUrl: optional(text({ error: 'Invalid baseUrl', max: 500 })),
  apiKey: optional(text({ error: 'Invalid apiKey', max: 2000 })),
  contextTokens: optional(
    z
      .int({ error: 'Invalid contextTokens' })
      .min(4000, 'Invalid contextTokens')
      .max(10_000_000, 'Invalid contextTokens'),
  ),
  toolMode: z.enum(TOOL_MODES, { error: 'Invalid toolMode' }).optional(),
  prices: pricesSchema.optional(),
})
export type LlmChanges = z.output<typeof llmChanges>

/**
 * A choice as it would be stored. A key belongs to the place it was given for: with another provider or address it is asked
 * for again.
 * @throws AppError validation_failed, provider_not_configured
 */
export async function proposed(
  orgId: string,
  ports: LlmPorts,
  before: LlmSettingsRow | undefined,
  changes: LlmChanges,
) {
  const enabled = changes.enabled ?? before?.enabled ?? true
  const provider = changes.provider ?? PROVIDERS.find((name) => name === before?.provider) ?? null
  const model = changes.model ?? before?.model ?? null
  const typed =
    'baseUrl' in changes ? (changes.baseUrl ?? null) : provider === before?.provider ? before.baseUrl : null
  const baseUrl = typed === null ? null : addressOf(typed, ports)
  const samePlace = before !== undefined && before.provider === provider && before.baseUrl === baseUrl
  const common = {
    enabled,
    provider,
    model,
    baseUrl,
    contextTokens:
      'contextTokens' in changes ? (changes.contextTokens ?? null) : (before?.contextTokens ?? null),
    toolMode: changes.toolMode ?? before?.toolMode ?? 'native',
  }
  const kept = samePlace && !('apiKey' in changes)
  if (enabled)
    complete(provider, model, baseUrl, ports, kept ? before.sealedKey !== null : changes.apiKey !== undefined)
  if (kept || provider === null)
    return { ...common, sealedKey: before?.sealedKey ?? null, keyHint: before?.keyHint ?? null }
  const { apiKey } = changes
  if (apiKey === undefined) return { ...common, sealedKey: null, keyHint: null }
  return {
    ...common,
    sealedKey: await sealKey(await ports.masters(), orgId, { provider, baseUrl }, apiKey),
    keyHint: apiKey.length < 12 ? null : apiKey.slice(-4),
  }
}

function addressOf(typed: string, ports: LlmPorts): string {
  const { allowedHosts } = ports.deployment
  const read = readModelUrl(typed, { allowedHosts, ownHosts: ports.ownHosts })
  if (!read.ok) throw new AppError('validation_failed', read.problem)
  return read.url
}

/** @throws AppError validation_failed for a choice that cannot work */
function complete(
  provider: Provider | null,
  model: string | null,
  baseUrl: string | null,
  ports: LlmPorts,
  hasKey: boolean,
): void {
  const refuse = (message: string): never => {
    throw new AppError('validation_failed', message)
  }
  if (provider === null) return refuse('Missing provider')
  if (model === null) refuse('Missing model')
  if (baseUrl === null && HOME[provider] === null && provider !== 'workers-ai') refuse('Missing baseUrl')
  if (provider === 'workers-ai' && !ports.deployment.hasWorkersAi)
    refuse('This deployment has no Workers AI binding')
  if (needsKey(provider) && !hasKey) refuse('Missing apiKey')
}
