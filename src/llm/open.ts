/**
 * Opens the chosen model. The vendors' code is imported like any other: loaded on demand, the bundler would wrap zod, which
 * they share with us, into lazy modules, and the Worker then no longer starts. It costs some milliseconds at the start.
 */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { createWorkersAI } from 'workers-ai-provider'
import { HOME, type Choice } from './choice'
import { modelFetch } from './egress'

export interface ModelPorts {
  /** The Workers AI binding, where the deployment has one. */
  readonly ai?: Ai | undefined
  /** The raw `fetch`; a test hands in its fake. */
  readonly http?: typeof fetch | undefined
}

/**
 * The model behind a choice. Nothing is sent yet.
 * @throws Error when the choice lacks what its provider needs: an address or the binding
 */
export function openModel(
  { provider, model, baseUrl, apiKey }: Choice,
  { ai, http }: ModelPorts,
): LanguageModelV4 {
  if (provider === 'workers-ai') {
    if (ai === undefined) throw new Error('the binding AI is missing')
    return createWorkersAI({ binding: ai })(model)
  }
  const address = baseUrl ?? HOME[provider]
  if (address === null) throw new Error('the model has no address')
  const options = { baseURL: address, fetch: modelFetch(address, http) }
  switch (provider) {
    case 'openai': {
      const openai = createOpenAI({ ...options, apiKey: apiKey ?? '' })
      // The newer protocol at home; elsewhere the one that every server of this kind speaks.
      return address === HOME.openai ? openai.responses(model) : openai.chat(model)
    }
    case 'anthropic':
      return createAnthropic({ ...options, apiKey: apiKey ?? '' })(model)
    case 'google':
      return createGoogle({ ...options, apiKey: apiKey ?? '' })(model)
    case 'openai-compatible':
      return createOpenAICompatible({
        ...options,
        name: 'openai-compatible',
        includeUsage: true,
        ...(apiKey === null ? {} : { apiKey }),
      })(model)
  }
}
