/** Carries an approved use out, once, and writes down what came of it. */
import { AppError } from '../../lib/errors'
import { audit } from '../../store/audit'
import { announceIncident } from '../../store/feed'
import { lifecycle } from '../../store/lifecycle'
import * as store from '../../store/approvals'
import type { Ports } from '../connectors/ports'
import type { Ctx } from '../context'
import type { WriteTool } from './write-tool'

type Settled = Parameters<typeof store.settleApproval>[2]

/** The claim is committed already. What throws beyond a refusal leaves the row `approved`: nobody knows what happened then. */
export async function carryOut(
  ctx: Ctx,
  ports: Ports,
  tool: WriteTool,
  row: store.ApprovalRow,
): Promise<void> {
  const { db, actor } = ctx
  const settled = await outcomeOf(tool.carryOut(ctx, ports, row.args, row.id))
  const now = Date.now()
  await db.commit([
    store.settleApproval(db, row.id, settled, now),
    audit(db, {
      event: `approval.${settled.state}`,
      actor: actor.userId,
      subject: row.id,
      after: { tool: row.tool, errorCode: settled.errorCode },
      at: now,
    }),
    lifecycle(db, {
      incidentId: row.incidentId,
      actor: actor.userId,
      event: `action_${settled.state}`,
      details: { approvalId: row.id, tool: row.tool },
      at: now,
    }),
    announceIncident(db, row.incidentId, 'updated', now),
  ])
}

async function outcomeOf(work: ReturnType<WriteTool['carryOut']>): Promise<Settled> {
  try {
    return { state: 'executed', result: await work, errorCode: null, error: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { state: 'failed', result: null, errorCode: error.code, error: error.message }
  }
}
