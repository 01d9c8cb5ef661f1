/** Worker variables for servers under load: limits out of the way, cheap passwords. Everything else is as in production. */
export const unlimited = {
  BCRYPT_COST: '4',
  ...Object.fromEntries(
    [
      'DEFAULT_PER_MINUTE',
      'CHAT_PER_MINUTE',
      'POLL_PER_MINUTE',
      'LOGIN_PER_MINUTE',
      'LOGIN_PER_HOUR',
      'LOGIN_IP_PER_MINUTE',
      'REGISTER_PER_MINUTE',
      'REGISTER_PER_HOUR',
      'REGISTER_EMAIL_PER_HOUR',
    ].map((name) => [`RATE_LIMIT_${name}`, '200000']),
  ),
}
