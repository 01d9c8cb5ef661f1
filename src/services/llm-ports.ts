/** What a deployment lends to the verbs around language models. */
import { AppError } from '../lib/errors'
import { readMasters, type MasterSettings } from '../lib/seal-masters'
import { readDeployment, type LlmVariables } from '../llm/deployment'
import type { LlmPorts } from './llm-choice'

export interface LlmBindings extends LlmVariables, MasterSettings {
  readonly AI?: Ai | undefined
  readonly FRONTEND_URL?: string | undefined
  readonly PUBLIC_API_URL?: string | undefined
}

/** The ports of this deployment. Nothing is read, opened or sent yet. */
export function openLlmPorts(bindings: LlmBindings, http?: typeof fetch): LlmPorts {
  return {
    deployment: readDeployment(bindings, bindings.AI !== undefined),
    masters: async () => {
      const read = await readMasters(bindings)
      if (read.ok) return read.masters
      throw new AppError('provider_not_configured', 'Credentials cannot be stored on this deployment', {
        cause: new Error(read.problem),
      })
    },
    ai: bindings.AI,
    http,
    ownHosts: [bindings.PUBLIC_API_URL, ...(bindings.FRONTEND_URL ?? '').split(',')].flatMap((url) =>
      url !== undefined && URL.canParse(url.trim()) ? [new URL(url.trim()).hostname] : [],
    ),
  }
}
