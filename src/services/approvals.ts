/** Uses of tools that write: people ask for them, people decide, and each is carried out at most once. */
import * as z from 'zod'
import { encodeCursor } from '../lib/cursor'
import { AppError, notFound } from '../lib/errors'
import { queryInteger, uuid } from '../lib/fields'
import * as store from '../store/approvals'
import { isGuardFailure } from '../store/db'
import { toolDecision } from '../store/tool-permissions'
import { hashOf, recorded, switchedOff, toolOf } from './approvals/checks'
import { carryOut } from './approvals/settle'
import type { Ports } from './connectors/ports'
import { requireRole, type Ctx } from './context'
import { queryCursor } from './list-input'

export type { ApprovalRow } from '../store/approvals'

export const APPROVAL_STATES = [...store.APPROVAL_STATES, 'expired'] as const
export type ApprovalState = (typeof APPROVAL_STATES)[number]

export const approvalQuery = z.object({
  state: z
    .enum(APPROVAL_STATES, { error: `Invalid state. Must be one of: ${APPROVAL_STATES.join(', ')}` })
    .optional(),
  incidentId: uuid('Invalid incidentId').optional(),
  cursor: queryCursor,
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 50, fallback: 20 }),
})

/** Newest first; `nextCursor` is null on the last page. */
export async function listApprovals(
  { db, now }: Ctx,
  { state, incidentId, cursor, limit }: z.output<typeof approvalQuery>,
): Promise<{ readonly approvals: readonly store.ApprovalRow[]; readonly nextCursor: string | null }> {
  const rows = await store.approvalPage(db, {
    state: state ?? null,
    incidentId: incidentId ?? null,
    before: cursor ?? null,
    limit: limit + 1,
    now,
  })
  const approvals = rows.slice(0, limit)
  const last = approvals.at(-1)
  return {
    approvals,
    nextCursor:
      rows.length > limit && last !== undefined ? encodeCursor({ at: last.createdAt, id: last.id }) : null,
  }
}

/** @throws AppError not_found */
export async function readApproval({ db }: Ctx, id: string): Promise<store.ApprovalRow> {
  const [row] = await store.approvalById(db, id)
  if (row === undefined) throw notFound('Approval not found')
  return row
}

/** A request that nobody decided in time has expired. */
export const stateOf = ({ state, expiresAt }: store.ApprovalRow, now: number): ApprovalState =>
  state === 'requested' && expiresAt <= now ? 'expired' : state

/**
 * Approves and carries out: the row is claimed first, so that of two who approve one calls the vendor. A refusal there is
 * the row's `failed`, and the answer is the row. @throws AppError forbidden, not_found, conflict, feature_disabled
 */
export async function approve(ctx: Ctx, ports: Ports, id: string): Promise<store.ApprovalRow> {
  const row = await readApproval(ctx, id)
  requireOpen(ctx, row)
  const tool = toolOf(row.tool)
  const [[decision], hash] = await Promise.all([toolDecision(ctx.db, row.tool), hashOf(row.tool, row.args)])
  if (decision?.enabled === false) throw switchedOff()
  if (hash !== row.argsSha256)
    throw new AppError('conflict', 'The arguments are not those that were asked for')
  await decide(ctx, row, 'approved')
  await carryOut(ctx, ports, tool, row)
  ctx.nudge.feed(ctx.actor.orgId)
  return readApproval(ctx, id)
}

/** @throws AppError forbidden, not_found, conflict */
export async function deny(ctx: Ctx, id: string): Promise<store.ApprovalRow> {
  const row = await readApproval(ctx, id)
  requireOpen(ctx, row)
  await decide(ctx, row, 'denied')
  ctx.nudge.feed(ctx.actor.orgId)
  return readApproval(ctx, id)
}

function requireOpen(ctx: Ctx, row: store.ApprovalRow): void {
  requireRole(ctx, row.risk === 'high' ? 'admin' : 'editor')
  const state = stateOf(row, ctx.now)
  if (state === 'expired') throw new AppError('conflict', 'Approval has expired')
  if (state !== 'requested') throw decided()
}

const decided = () => new AppError('conflict', 'Approval was already decided')

async function decide(ctx: Ctx, row: store.ApprovalRow, state: 'approved' | 'denied'): Promise<void> {
  const { db, actor, now } = ctx
  try {
    await db.commit([
      store.decideApproval(db, row.id, state, { by: actor.userId, now }),
      db.ensureChanged(),
      ...recorded(ctx, row, state === 'approved' ? 'approve' : 'deny', {
        tool: row.tool,
        argsSha256: row.argsSha256,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw decided()
    throw error
  }
}
