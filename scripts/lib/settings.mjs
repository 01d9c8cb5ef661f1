const core =
  /^(FRONTEND_URL|PUBLIC_API_URL|COOKIE_SAMESITE|TRUST_USER_ID_HEADER|BCRYPT_COST|DEBUG_COST|PUBLIC_TOOLS|(RATE_LIMIT|LLM|OPENAI|ANTHROPIC|GOOGLE|OPENROUTER|OLLAMA)_[A-Z0-9_]+|(JWT|INTERNAL_API)_SECRET(_PREVIOUS)?|CONNECTOR_MASTER_KEY(_PREVIOUS)?)$/

/** What connectors look at, name by name: a shell holds much more of AWS and GitHub than is meant for us. */
const connectors =
  /^(OAUTH_BROWSER_PROOF|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|ACCOUNT_ID|CFN_TEMPLATE_URL)|GITHUB_(AUTH_MODE|APP_(ID|SLUG|CLIENT_ID|CLIENT_SECRET|PRIVATE_KEY|WEBHOOK_SECRET)|OAUTH_CLIENT_(ID|SECRET))|SLACK_(CLIENT_ID|CLIENT_SECRET|SIGNING_SECRET)|(PAGERDUTY|BITBUCKET|ATLASSIAN|NOTION|SHAREPOINT|OVH_(EU|US|CA))_CLIENT_(ID|SECRET)|SHAREPOINT_TENANT_ID)$/

/** The variables of an environment that are settings of the Worker. They win over `.dev.vars`. */
export function workerSettings(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => core.test(name) || connectors.test(name)),
  )
}
