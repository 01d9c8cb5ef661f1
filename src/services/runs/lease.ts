/** Taking hold of a run, and knowing when not to. */
import type { Lease, RunRow } from '../../store/run-rows'
import { claimRun, runById } from '../../store/runs'
import type { TenantDb } from '../../store/tenant-db'

export type Claim =
  | { readonly kind: 'held'; readonly run: RunRow; readonly lease: Lease }
  /** Finished, cancelled or unknown: there is nothing to do. */
  | { readonly kind: 'over'; readonly run?: RunRow }
  /** Somebody else is at work, or it is not due: look again then (ms). */
  | { readonly kind: 'wait'; readonly until: number }

/** Asks the organisation's correlator, which holds the permits, to claim a queued investigation. */
export type Permit = (runId: string, owner: string) => Promise<Claim>

/** Claims the run for `owner`. Only the first claim of an investigation needs a permit. */
export async function takeRun(
  db: TenantDb,
  runId: string,
  owner: string,
  now: number,
  permit: Permit,
): Promise<Claim> {
  const [run] = await runById(db, runId)
  if (run === undefined) return { kind: 'over' }
  if (isOver(run)) return { kind: 'over', run }
  if (run.kind === 'investigation' && run.state === 'queued') return permit(runId, owner)
  return claimNow(db, run, owner, now)
}

/** Claims without asking: for those who hold the permits, and for runs that began. */
export async function claimNow(db: TenantDb, run: RunRow, owner: string, now: number): Promise<Claim> {
  const [claimed] = await claimRun(db, run.id, owner, now)
  if (claimed !== undefined)
    return { kind: 'held', run: claimed, lease: { runId: run.id, epoch: claimed.leaseEpoch } }
  const due = Math.max(run.notBefore ?? 0, run.leaseExpiresAt ?? 0)
  return { kind: 'wait', until: Math.max(due, now) + 1000 }
}

const OVER = new Set(['succeeded', 'failed', 'timeout', 'cancelled'])

export const isOver = (run: Pick<RunRow, 'state' | 'cancelRequestedAt'>): boolean =>
  OVER.has(run.state) || run.cancelRequestedAt !== null
