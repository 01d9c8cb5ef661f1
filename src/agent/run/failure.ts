/** What a failed call of a model was, read from whatever was thrown. Its texts are never passed on: they may quote a prompt or a key. */

type FailureKind =
  /** Worth another try: network, 429, 5xx, a broken or silent stream. */
  | 'unavailable'
  /** The vendor did not take what was sent, most often for its length. */
  | 'refused_input'
  /** No further try will change it: a bad key, an unknown model. */
  | 'refused'
  /** The vendor's own filter stopped it. */
  | 'filtered'
  /** We stopped it ourselves. */
  | 'aborted'

export interface Failure {
  readonly kind: FailureKind
  /** Our own words. */
  readonly problem: string
  /** What the vendor asks to wait, ms; null when it does not say. */
  readonly retryAfterMs: number | null
}

const MOST_WAIT_MS = 10 * 60_000

/** Reads an error of the AI SDK, of the network, or of a part of a stream. */
export function failureOf(error: unknown): Failure {
  const status = numberAt(error, 'statusCode') ?? numberAt(causeOf(error), 'statusCode')
  const retryAfterMs = retryAfterOf(error) ?? retryAfterOf(causeOf(error))
  const fail = (kind: FailureKind, problem: string): Failure => ({ kind, problem, retryAfterMs })
  if (status === null) {
    if (isTooLong(error)) return fail('refused_input', 'the input was too long')
    return fail('unavailable', nameOf(error))
  }
  if (status === 429 || status === 408 || status === 409 || status >= 500)
    return fail('unavailable', `status ${status}`)
  if (status === 400 || status === 413 || status === 422) return fail('refused_input', `status ${status}`)
  if (status >= 400) return fail('refused', `status ${status}`)
  return fail('unavailable', isTooLong(error) ? 'the input was too long' : `status ${status}`)
}

/** For people: what is the matter with a model that was tried. */
export function describeFailure({ kind, problem }: Failure): string {
  if (problem === 'status 401' || problem === 'status 403') return 'The provider refused the key.'
  if (problem === 'status 404') return 'The provider does not know this model or address.'
  if (problem === 'status 429') return 'The provider limits the rate or the account has no credit.'
  switch (kind) {
    case 'refused':
    case 'refused_input':
      return `The provider refused the request (${problem}).`
    case 'filtered':
      return "The provider's content filter stopped the answer."
    case 'aborted':
      return 'The call was stopped.'
    case 'unavailable':
      return problem.startsWith('status')
        ? `The provider failed (${problem}).`
        : 'The provider could not be reached or broke off its answer.'
  }
}

const causeOf = (error: unknown): unknown =>
  error instanceof Error ? (error.cause ?? Reflect.get(error, 'lastError')) : undefined

function numberAt(error: unknown, key: string): number | null {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, key) : null
  return typeof value === 'number' ? value : null
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'an error in the stream')

const TOO_LONG =
  /context[_ ]length|context window|maximum context|prompt is too long|too many tokens|input (?:is )?too long|exceeds? the (?:maximum|limit)/i

const isTooLong = (error: unknown): boolean =>
  error instanceof Error &&
  (TOO_LONG.test(error.message) || TOO_LONG.test(String(Reflect.get(error, 'code') ?? '')))

/** `retry-after-ms`, or `Retry-After` in seconds or as a date; at most ten minutes. */
function retryAfterOf(error: unknown): number | null {
  const headers: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'responseHeaders') : null
  if (typeof headers !== 'object' || headers === null) return null
  const ms = Number(Reflect.get(headers, 'retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms) && ms > 0) return Math.min(ms, MOST_WAIT_MS)
  const text = String(Reflect.get(headers, 'retry-after') ?? '').trim()
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MOST_WAIT_MS)
  const date: unknown = Reflect.get(headers, 'date')
  const [until, since] = [Date.parse(text), Date.parse(typeof date === 'string' ? date : '')]
  return Number.isNaN(until - since) ? null : Math.min(Math.max(0, until - since), MOST_WAIT_MS)
}
