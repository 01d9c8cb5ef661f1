/** Comparison of shared secrets without telling by its duration how much of a guess was right. */

/** A secret that is set, or not. */
type Secret = string | undefined

/**
 * Whether `given` is one of `secrets` (the current one, then the previous). A secret that is unset or empty matches
 * nothing. Digests are compared, so that neither content nor length shows, and every secret is tried.
 */
export async function matchesSecret(given: string, secrets: readonly Secret[]): Promise<boolean> {
  const digest = await sha256(given)
  let matches = false
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue
    if (crypto.subtle.timingSafeEqual(digest, await sha256(secret))) matches = true
  }
  return matches
}

const sha256 = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
