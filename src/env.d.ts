/** Secrets and optional settings: declared by hand, since a developer's own .dev.vars must not shape the generated types. */
interface __BaseEnv_Env {
  JWT_SECRET?: string
  JWT_SECRET_PREVIOUS?: string
  INTERNAL_API_SECRET?: string
  INTERNAL_API_SECRET_PREVIOUS?: string
  CONNECTOR_MASTER_KEY?: string
  CONNECTOR_MASTER_KEY_PREVIOUS?: string
  PUBLIC_API_URL?: string
  COOKIE_SAMESITE?: string
  TRUST_USER_ID_HEADER?: string
  BCRYPT_COST?: string
  DEBUG_COST?: string
  RATE_LIMIT_DEFAULT_PER_MINUTE?: string
  RATE_LIMIT_CHAT_PER_MINUTE?: string
  RATE_LIMIT_POLL_PER_MINUTE?: string
  RATE_LIMIT_LOGIN_PER_MINUTE?: string
  RATE_LIMIT_LOGIN_PER_HOUR?: string
  RATE_LIMIT_LOGIN_IP_PER_MINUTE?: string
  RATE_LIMIT_REGISTER_PER_MINUTE?: string
  RATE_LIMIT_REGISTER_PER_HOUR?: string
  RATE_LIMIT_REGISTER_EMAIL_PER_HOUR?: string
  RATE_LIMIT_PASSWORD_PER_MINUTE?: string
  RATE_LIMIT_RCA_PER_5_MINUTES?: string
}
