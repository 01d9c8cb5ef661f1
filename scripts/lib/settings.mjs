const handed =
  /^(FRONTEND_URL|PUBLIC_API_URL|COOKIE_SAMESITE|TRUST_USER_ID_HEADER|BCRYPT_COST|DEBUG_COST|(RATE_LIMIT|LLM|OPENAI|ANTHROPIC|GOOGLE|OPENROUTER|OLLAMA)_[A-Z0-9_]+|(JWT|INTERNAL_API)_SECRET(_PREVIOUS)?|CONNECTOR_MASTER_KEY(_PREVIOUS)?)$/

/** The variables of an environment that are settings of the Worker. They win over `.dev.vars`. */
export function workerSettings(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => handed.test(name)))
}
