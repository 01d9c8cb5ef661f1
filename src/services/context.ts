/** Who acts, on what, and what happens after a commit: what every verb is handed. */
import { forbidden } from '../lib/errors'
import type { TenantDb } from '../store/tenant-db'

export type Role = 'admin' | 'editor' | 'viewer'

export interface Actor {
  readonly userId: string
  readonly orgId: string
  readonly role: Role
  /** The session, null for service calls and access tokens. */
  readonly sid: string | null
  /** The personal access token that the request carries. */
  readonly token?: ActorToken
}

interface ActorToken {
  readonly id: string
  /** `read` only reads. */
  readonly scope: 'read' | 'write'
  /** When its row was read, ms: what the gate learnt of later makes it stale. */
  readonly readAt: number
}

interface StoppedRun {
  readonly sessionId: string
  readonly runId: string
  /** The newest frame that is known of. */
  readonly lastSeq: number
}

/**
 * Messages that are sent once a change is committed. A lost one is harmless: the sweep finds what it was about.
 */
export interface Nudges {
  /** Start this run, or look at it again. */
  readonly run: (runId: string, delaySeconds?: number) => void
  /** This run was cancelled: its room tells everybody who follows it. */
  readonly stopped: (run: StoppedRun) => void
  /** Process this delivery. */
  readonly delivery: (deliveryId: string) => void
  /** New rows stand in the organisation's event log. */
  readonly feed: (orgId: string) => void
}

export interface Ctx {
  readonly actor: Actor
  readonly db: TenantDb
  /** Time of the request, ms since the epoch. */
  readonly now: number
  readonly nudge: Nudges
}

const RANK: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, admin: 3 }

export const hasRole = (role: Role, needed: Role): boolean => RANK[role] >= RANK[needed]

/** @throws AppError forbidden when the actor may not do this. */
export function requireRole(ctx: Pick<Ctx, 'actor'>, needed: Role): void {
  if (!hasRole(ctx.actor.role, needed)) throw forbidden()
}
