/**
 * What a vendor call can end in. The union is closed, and none of its members speaks of a stored credential: what an
 * outcome means for a connection is decided once, by the core, which never deletes one for a vendor's answer.
 */

/** Why exactly a credential was refused, where the caller can do something about it. */
type RefusalCode = 'external_id_mismatch' | 'role_not_protected' | 'unsupported_on_platform'

export type Refusal =
  /** `text` is our own sentence for people; the vendor's words go nowhere. */
  | {
      readonly kind: 'credential_refused'
      readonly text?: string
      readonly code?: RefusalCode
      readonly hint?: string
    }
  /** A stored credential that used to work no longer does. */
  | { readonly kind: 'expired' }
  /** The credential is valid but lacks a right that this call needs. */
  | { readonly kind: 'insufficient_permission'; readonly text?: string }
  /** The credential is valid but sees nothing. */
  | { readonly kind: 'no_resources'; readonly text?: string }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  /** No answer in time. */
  | { readonly kind: 'unreachable' }
  /** A 5xx or an answer that makes no sense. */
  | { readonly kind: 'vendor_error' }
  /** The address may not be called from here. */
  | { readonly kind: 'blocked'; readonly text: string }

export type Outcome<T> = { readonly kind: 'ok'; readonly value: T } | Refusal

export const ok = <T>(value: T): Outcome<T> => ({ kind: 'ok', value })

/** The outcome with another value. */
export const mapOk = <T, U>(outcome: Outcome<T>, change: (value: T) => U): Outcome<U> =>
  outcome.kind === 'ok' ? ok(change(outcome.value)) : outcome

/** The values of those that went well; when none did, the first refusal. */
export function anyOk<T>(outcomes: readonly Outcome<T>[]): Outcome<readonly T[]> {
  const values = outcomes.flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.value] : []))
  const refusal = outcomes.find((outcome) => outcome.kind !== 'ok')
  return values.length === 0 && refusal !== undefined ? refusal : ok(values)
}
