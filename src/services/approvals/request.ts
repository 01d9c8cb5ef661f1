/** Asking for one use of a tool that writes: a person does, or a model in a person's chat. Investigations have no way here. */
import * as z from 'zod'
import { AppError, notFound } from '../../lib/errors'
import { text, uuid } from '../../lib/fields'
import { newId } from '../../lib/ids'
import { HOUR } from '../../lib/time'
import * as store from '../../store/approvals'
import { liveConnections } from '../../store/connections'
import type { Statement } from '../../store/db'
import { incidentExists } from '../../store/incidents'
import { toolDecision } from '../../store/tool-permissions'
import { notConnected } from '../connectors/refusal'
import { requireRole, type Ctx } from '../context'
import { hashOf, recorded, switchedOff, toolOf, type Asker } from './checks'
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
  const { id, statements } = await draftRequest(ctx, input)
  await ctx.db.commit(statements)
  ctx.nudge.feed(ctx.actor.orgId)
  const [row] = await store.approvalById(ctx.db, id)
  if (row === undefined) throw notFound('Approval not found')
  return row
}

/** A request that is checked but not stored: it is part of whatever batch its statements are put into. */
interface Draft {
  readonly id: string
  readonly risk: store.ApprovalRow['risk']
  readonly expiresAt: number
  readonly statements: readonly Statement[]
}

/** @throws AppError forbidden, validation_failed, not_found, feature_disabled, not_connected */
export async function draftRequest(asker: Asker, input: z.output<typeof approvalRequest>): Promise<Draft> {
  requireRole(asker, 'editor')
  const { db, actor, now } = asker
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
  return {
    id,
    risk,
    expiresAt,
    statements: [
      store.insertApproval(db, { ...asked, requestedBy: actor.userId }),
      ...recorded(asker, { id, incidentId }, 'request', { tool: tool.name, risk, argsSha256 }),
    ],
  }
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
