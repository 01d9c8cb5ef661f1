/** Asking for one use of a tool that writes. Background runs have no way here. */
import * as z from 'zod'
import { AppError, notFound } from '../../lib/errors'
import { text, uuid } from '../../lib/fields'
import { newId } from '../../lib/ids'
import { HOUR } from '../../lib/time'
import * as store from '../../store/approvals'
import { liveConnections } from '../../store/connections'
import { incidentExists } from '../../store/incidents'
import { toolDecision } from '../../store/tool-permissions'
import { notConnected } from '../connectors/refusal'
import { requireRole, type Ctx } from '../context'
import { hashOf, recorded, switchedOff, toolOf } from './checks'
import type { WriteTool } from './write-tool'
import { writeTools } from './write-tools'

const OPEN_HOURS = 24

const TOOL = `Invalid tool. Must be one of: ${writeTools.map(({ name }) => name).join(', ')}`
export const approvalRequest = z.object({
  incidentId: uuid('Invalid incidentId'),
  tool: z.enum(
    writeTools.map(({ name }) => name),
    { error: TOOL },
  ),
  args: z.record(z.string(), z.unknown(), { error: 'Invalid args' }),
  reason: text({ error: 'Missing reason', max: 1000, tooLong: 'Invalid reason' }),
})

/** @throws AppError forbidden, validation_failed, not_found, feature_disabled, not_connected */
export async function requestApproval(
  ctx: Ctx,
  input: z.output<typeof approvalRequest>,
): Promise<store.ApprovalRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const { incidentId, reason } = input
  const tool = toolOf(input.tool)
  const args = argsOf(tool, input.args)
  const [[incident], [decision], [connection]] = await db.batch([
    incidentExists(db, incidentId),
    toolDecision(db, tool.name),
    liveConnections(db, tool.connector.id),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (decision?.enabled === false) throw switchedOff()
  if (connection === undefined) throw notConnected(tool.connector)
  const id = newId(now)
  const argsSha256 = await hashOf(tool.name, args)
  const risk = tool.riskOf(args)
  const expiresAt = now + OPEN_HOURS * HOUR
  const asked = { id, incidentId, tool: tool.name, args, argsSha256, reason, risk, expiresAt, createdAt: now }
  await db.commit([
    store.insertApproval(db, { ...asked, requestedBy: actor.userId }),
    ...recorded(ctx, { id, incidentId }, 'request', { tool: tool.name, risk, argsSha256 }),
  ])
  ctx.nudge.feed(actor.orgId)
  const [row] = await store.approvalById(db, id)
  if (row === undefined) throw notFound('Approval not found')
  return row
}

function argsOf(tool: WriteTool, args: unknown): Readonly<Record<string, unknown>> {
  const checked = z.safeParse(tool.input, args)
  if (!checked.success) {
    const details = checked.error.issues.map(({ path, message }) => ({
      path: ['args', ...path].join('.'),
      message,
    }))
    throw new AppError('validation_failed', `Invalid args for ${tool.name}`, { details })
  }
  return z.record(z.string(), z.unknown()).parse(checked.data)
}
