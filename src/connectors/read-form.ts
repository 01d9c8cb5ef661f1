import * as z from 'zod'
import type { FieldError } from '../lib/errors'
import type { Definition, Details } from './definition'
import type { Outcome } from './outcome'
import type { Proved } from './proof'
import type { Prover } from './prover'
import type { VendorCtx } from './vendor-ctx'

/** What the body of connect turned out to be. */
export type FormResult =
  | { readonly kind: 'invalid'; readonly issues: readonly FieldError[] }
  | { readonly kind: 'webhook_only' }
  | {
      readonly kind: 'credential'
      readonly prove: (ctx: VendorCtx) => Promise<Outcome<Proved>>
      readonly signingSecret: string | null
    }

export function readForm<C, S, P, M extends P & Details>(
  { form, access }: Definition<C, S, P, M>,
  { proveCandidate }: Prover<S, P>,
  body: unknown,
  ownHosts: readonly string[],
): FormResult {
  if (form === undefined) {
    const message = access.kind === 'agent' ? 'There is no form: its agent dials in' : 'Use the login'
    return { kind: 'invalid', issues: [{ path: '', message }] }
  }
  const input = z.safeParse(form.schema, body)
  if (!input.success)
    return {
      kind: 'invalid',
      issues: input.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    }
  if (form.webhookOnly?.(input.data) === true) return { kind: 'webhook_only' }
  const candidate = form.read(input.data, ownHosts)
  return {
    kind: 'credential',
    prove: async (ctx) => (candidate.kind === 'ok' ? proveCandidate(ctx, candidate.value) : candidate),
    signingSecret: form.signingSecret?.(input.data) ?? null,
  }
}
