import type { Access } from './access'
import type { Definition, Details } from './definition'
import { ok, type Outcome } from './outcome'
import type { Candidate, Proved } from './proof'
import type { VendorCtx } from './vendor-ctx'

/** Asks a vendor about credentials of its own types. */
export interface Prover<S, P> {
  readonly prove: (ctx: VendorCtx, candidate: Candidate<S, P>, granted: Access) => Promise<Outcome<Proved>>
  /** The same where there is no access yet: it is made from the credential. */
  readonly proveCandidate: (ctx: VendorCtx, candidate: Candidate<S, P>) => Promise<Outcome<Proved>>
  /** The access that needs no vendor, null where one must be asked. */
  readonly fixedAccess: (candidate: Candidate<S, P>) => Access | null
}

export function proverOf<C, S, P, M extends P & Details>(definition: Definition<C, S, P, M>): Prover<S, P> {
  const { access } = definition

  const prove: Prover<S, P>['prove'] = async (ctx, candidate, granted) => {
    const outcome = await definition.prove(ctx, candidate, granted)
    if (outcome.kind !== 'ok') return outcome
    const { value } = outcome
    return ok({
      accountId: value.accountId,
      accountName: value.accountName,
      secret: value.secret ?? candidate.secret,
      details: { ...value.details },
      expiresAt: value.expiresAt ?? null,
      region: value.region ?? null,
      roleArn: value.roleArn ?? null,
      readOnlyRoleArn: value.readOnlyRoleArn ?? null,
      products: value.products ?? [],
      method: value.method,
      multiAccount: value.multiAccount,
    })
  }

  const fixedAccess: Prover<S, P>['fixedAccess'] = (candidate) =>
    access.kind === 'static'
      ? access.of(candidate)
      : access.kind === 'minted'
        ? (access.fixed?.(candidate) ?? null)
        : null

  return {
    prove,
    fixedAccess,
    proveCandidate: async (ctx, candidate) => {
      const fixed = fixedAccess(candidate)
      if (fixed !== null) return prove(ctx, candidate, fixed)
      if (access.kind !== 'minted') return { kind: 'vendor_error' }
      const minted = await access.mint(ctx, candidate, null, 'read')
      if (minted.kind !== 'ok') return minted
      const secret = minted.value.rotated ?? candidate.secret
      return prove(ctx, { ...candidate, secret }, minted.value.access)
    },
  }
}
