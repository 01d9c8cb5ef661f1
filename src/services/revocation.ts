/** Ending all sessions of somebody else, surely: a promise in the batch of the change, kept at once or by the sweep. */
import { newId } from '../lib/ids'
import { MINUTE } from '../lib/time'
import { finishEffect, queueEffect } from '../store/runs'
import { openTenant, type TenantDb } from '../store/tenant-db'
import type { SessionGate } from './auth'

/** The outbox's name for it. */
export const REVOCATION = 'sessions.revoke'

export interface Revocation {
  readonly userId: string
  readonly key: string
}

/** A revocation to be promised with `promise` and kept with `keep`. */
export const revocationOf = (userId: string): Revocation => ({ userId, key: `revoke:${newId()}` })

/** The statement for the batch of the change. */
export const promise = (db: TenantDb, { userId, key }: Revocation, now: number) =>
  queueEffect(db, { kind: REVOCATION, dedupeKey: key, payload: { userId, key }, nextAt: now + MINUTE })

/** Ends every session opened until now. @throws AppError unavailable (the sweep tries again) */
export async function keep(db: TenantDb, { key }: Revocation, gate: SessionGate): Promise<void> {
  // The time after the commit: whoever signed in with the old role did so before.
  await gate.revokeAll({ exceptSid: null, at: Date.now() })
  await finishEffect(db, key, Date.now())
}

/** Keeps a promise that its request could not keep; the payload is the outbox's. */
export async function keepLate(
  d1: D1Database,
  effect: { readonly orgId: string; readonly payload: Readonly<Record<string, unknown>> },
  gateOf: (userId: string) => Pick<SessionGate, 'revokeAll'>,
): Promise<void> {
  const { userId, key } = effect.payload
  if (typeof userId !== 'string' || typeof key !== 'string') return
  await gateOf(userId).revokeAll({ exceptSid: null, at: Date.now() })
  await finishEffect(openTenant(d1, effect.orgId), key, Date.now())
}
