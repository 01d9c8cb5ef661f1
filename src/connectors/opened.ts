import * as z from 'zod'
import type { Access } from './access'
import type { AccessMode, Definition, Details } from './definition'
import { mapOk, type Outcome } from './outcome'
import type { Proved, Revocation } from './proof'
import type { Prover } from './prover'
import type { VendorCtx } from './vendor-ctx'

/** A stored credential, opened. */
export interface Opened {
  readonly prove: (ctx: VendorCtx, access: Access) => Promise<Outcome<Proved>>
  /** The access where it needs no vendor. */
  readonly staticAccess: Access | null
  /** Asks the vendor for an access; `rotated` is the JSON to seal in place of the secret. */
  readonly mint: (
    ctx: VendorCtx,
    region: string | null,
    mode: AccessMode,
  ) => Promise<Outcome<{ readonly access: Access; readonly expiresAt: number; readonly rotated: unknown }>>
  readonly revoke: (ctx: VendorCtx) => Promise<Revocation>
  readonly revokesWholeGrant: boolean
}

/** @returns null when what is stored does not fit this provider any more */
export function openStored<C, S, P, M extends P & Details>(
  { secret, settings, access, revoke, revokesWholeGrant }: Definition<C, S, P, M>,
  { prove, fixedAccess }: Prover<S, P>,
  sealed: unknown,
  stored: unknown,
): Opened | null {
  const opened = z.safeParse(secret, sealed)
  const known = z.safeParse(settings, stored)
  if (!opened.success || !known.success) return null
  const candidate = { secret: opened.data, settings: known.data }
  return {
    prove: (ctx, granted) => prove(ctx, candidate, granted),
    staticAccess: fixedAccess(candidate),
    mint: async (ctx, region, mode) =>
      access.kind === 'minted'
        ? mapOk(await access.mint(ctx, candidate, region, mode), (minted) => ({
            ...minted,
            rotated: minted.rotated ?? null,
          }))
        : { kind: 'vendor_error' },
    revoke: async (ctx) => (revoke === undefined ? 'unsupported' : revoke(ctx, candidate)),
    revokesWholeGrant:
      typeof revokesWholeGrant === 'function'
        ? revokesWholeGrant(candidate.secret)
        : revokesWholeGrant === true,
  }
}
