/** Tokens that are shown once and stored as their hash. */

const RANDOM_BYTES = 32

/** A new token: the prefix that tells what it is, and 256 random bits in base64url. */
export const newSecretToken = (prefix: string): string =>
  prefix +
  crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toBase64({ alphabet: 'base64url', omitPadding: true })
