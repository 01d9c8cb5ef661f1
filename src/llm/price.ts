import type { Price } from './choice'

export interface Tokens {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Those of the input that the vendor had kept from an earlier call. */
  readonly cachedInputTokens: number
  /** Those of the input that the vendor stored for later calls. */
  readonly cacheWriteTokens: number
}

/** What storing costs above reading, where a vendor charges for it. */
const WRITING = 1.25

/**
 * What these tokens cost in millionths of a US dollar, rounded up; null without a price. A token at one dollar per
 * million costs one of them.
 */
export function costMicros(
  { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens }: Tokens,
  price: Price | null,
): number | null {
  if (price === null) return null
  const cached = Math.min(inputTokens, cachedInputTokens)
  const written = Math.min(inputTokens - cached, cacheWriteTokens)
  // The subtrahend keeps what a float makes of a whole number from being rounded up.
  const micros = Math.ceil(
    (inputTokens - cached - written) * price.input +
      written * price.input * WRITING +
      cached * (price.cachedInput ?? price.input) +
      outputTokens * price.output -
      1e-9,
  )
  return Math.max(0, micros)
}
