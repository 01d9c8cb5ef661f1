// The language model of the environment, for whole systems: what it used.

const variables = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('LLM_')))
const isConfigured = variables.LLM_PROVIDER !== undefined || variables.LLM_BASE_URL !== undefined

/** Variables of the Worker. */
export const modelVariables = isConfigured ? variables : {}

/** Answers requests that no stand-in knows: a model's are let through, there is no other internet. */
export const beyond = (request) => (isConfigured ? fetch(request) : new Response(null, { status: 599 }))

/** Tokens and money of finished runs, in a sentence. */
export function usageOf(runs) {
  if (!isConfigured) return 'no model configured (LLM_PROVIDER), so no tokens and no money'
  const sum = (of) =>
    runs.reduce((total, { tokenUsage }) => total + (tokenUsage === null ? 0 : of(tokenUsage)), 0)
  const each = (total, digits) => (total / Math.max(1, runs.length)).toFixed(digits)
  const tokens = sum(({ totalTokens }) => totalTokens)
  const cost = sum(({ totalCost }) => totalCost)
  return `${variables.LLM_MODEL ?? 'model'}: ${each(tokens, 0)} tokens and $${each(cost, 4)} a case, $${cost.toFixed(2)} in all`
}
