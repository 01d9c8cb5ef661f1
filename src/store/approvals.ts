/** Uses of tools that write: asked for, decided once, carried out at most once. */
import { and, desc, eq, gt, lt, lte, or, type InferSelectModel, type SQL } from 'drizzle-orm'
import { toolApprovals } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export { APPROVAL_STATES } from '../../drizzle/schema/values'

export type ApprovalRow = InferSelectModel<typeof toolApprovals>
type State = ApprovalRow['state'] | 'expired'

const A = toolApprovals

export const insertApproval = (db: TenantDb, row: Omit<typeof A.$inferInsert, 'orgId'>) => db.insert(A, row)

export const approvalById = (db: TenantDb, id: string) => db.select(A, eq(A.id, id)).limit(1)

/** A request that nobody decided in time is stored as it was, and has expired. */
const inState = (state: State, now: number): SQL | undefined =>
  state === 'expired'
    ? and(eq(A.state, 'requested'), lte(A.expiresAt, now))
    : and(eq(A.state, state), state === 'requested' ? gt(A.expiresAt, now) : undefined)

/** Newest first, before a place in the list. */
export const approvalPage = (
  db: TenantDb,
  {
    state,
    incidentId,
    before,
    limit,
    now,
  }: {
    readonly state: State | null
    readonly incidentId: string | null
    readonly before: { readonly at: number; readonly id: string } | null
    readonly limit: number
    readonly now: number
  },
) =>
  db
    .select(
      A,
      and(
        state === null ? undefined : inState(state, now),
        incidentId === null ? undefined : eq(A.incidentId, incidentId),
        before === null
          ? undefined
          : or(lt(A.createdAt, before.at), and(eq(A.createdAt, before.at), lt(A.id, before.id))),
      ),
    )
    .orderBy(desc(A.createdAt), desc(A.id))
    .limit(limit)

/** Decides a request that is still open; nothing happens when somebody else did, or its time is over. */
export const decideApproval = (
  db: TenantDb,
  id: string,
  state: 'approved' | 'denied',
  { by, now }: { readonly by: string; readonly now: number },
) =>
  db.update(
    A,
    { state, decidedBy: by, decidedAt: now, ...(state === 'denied' ? { endedAt: now } : {}) },
    and(eq(A.id, id), eq(A.state, 'requested'), gt(A.expiresAt, now)),
  )

/** What became of an approved use. */
export const settleApproval = (
  db: TenantDb,
  id: string,
  settled: Pick<ApprovalRow, 'result' | 'errorCode' | 'error'> & { readonly state: 'executed' | 'failed' },
  now: number,
) => db.update(A, { ...settled, endedAt: now }, and(eq(A.id, id), eq(A.state, 'approved')))
