/** The deployment's own choice of a model, from its variables and secrets. */
import { HOME, needsKey, pricesSchema, PROVIDERS, TOOL_MODES, type Choice, type Prices } from './choice'

export interface LlmVariables {
  readonly LLM_PROVIDER?: string | undefined
  readonly LLM_MODEL?: string | undefined
  readonly LLM_BASE_URL?: string | undefined
  readonly LLM_API_KEY?: string | undefined
  readonly LLM_PRICES?: string | undefined
  readonly LLM_CONTEXT_TOKENS?: string | undefined
  readonly LLM_TOOL_MODE?: string | undefined
  readonly LLM_ALLOWED_HOSTS?: string | undefined
}

export interface Deployment {
  readonly choice: Choice | null
  /** What is wrong with the variables, one sentence; null when nothing is. */
  readonly problem: string | null
  readonly prices: Prices
  /** Hosts, with their port, that organisations may name although they are no public names. */
  readonly allowedHosts: readonly string[]
  /** Whether the Workers AI binding is there. */
  readonly hasWorkersAi: boolean
}

/** Reads the variables. Wrong ones never stop anything: there is then no model, and a sentence that says why. */
export function readDeployment(variables: LlmVariables, hasWorkersAi = false): Deployment {
  const prices = pricesOf(variables.LLM_PRICES)
  const base = {
    prices: prices ?? {},
    allowedHosts: listOf(variables.LLM_ALLOWED_HOSTS),
    hasWorkersAi,
  }
  const none = (problem: string | null): Deployment => ({ ...base, choice: null, problem })
  const { LLM_PROVIDER = '', LLM_MODEL = '', LLM_BASE_URL = '', LLM_API_KEY = '' } = variables
  if (prices === null) return none('LLM_PRICES is not JSON of {"model": {"input": 1, "output": 2}}')
  if ([LLM_PROVIDER, LLM_MODEL, LLM_BASE_URL].every((value) => value.trim() === '')) return none(null)
  const provider = PROVIDERS.find(
    (name) => name === (LLM_PROVIDER.trim() === '' ? 'openai-compatible' : LLM_PROVIDER.trim()),
  )
  if (provider === undefined) return none(`LLM_PROVIDER must be one of ${PROVIDERS.join(', ')}`)
  if (LLM_MODEL.trim() === '') return none('LLM_MODEL is not set')
  const baseUrl = LLM_BASE_URL.trim().replace(/\/+$/, '')
  if (baseUrl !== '' && !isHttp(baseUrl)) return none('LLM_BASE_URL is not an http address')
  if (provider === 'openai-compatible' && baseUrl === '') return none('LLM_BASE_URL is not set')
  if (provider === 'workers-ai' && !hasWorkersAi) return none('The binding AI is missing')
  if (needsKey(provider) && LLM_API_KEY.trim() === '') return none('LLM_API_KEY is not set')
  const context = Number(variables.LLM_CONTEXT_TOKENS ?? '')
  return {
    ...base,
    problem: null,
    choice: {
      provider,
      model: LLM_MODEL.trim(),
      baseUrl: baseUrl === '' ? HOME[provider] : baseUrl,
      apiKey: LLM_API_KEY.trim() === '' ? null : LLM_API_KEY.trim(),
      prices: prices ?? {},
      contextTokens: Number.isInteger(context) && context >= 4000 ? context : null,
      toolMode: TOOL_MODES.find((mode) => mode === variables.LLM_TOOL_MODE?.trim()) ?? 'native',
      source: 'deployment',
    },
  }
}

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

const listOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '')

function pricesOf(text = ''): Prices | null {
  if (text.trim() === '') return {}
  try {
    const parsed = pricesSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
