/** Uses of tools that write at other systems: asked for, decided, carried out once. */
import { Hono } from 'hono'
import { approvalQuery, approve, deny, listApprovals, readApproval } from '../../services/approvals'
import { approvalRequest, requestApproval } from '../../services/approvals/request'
import { approvalAnswer, approvalList, showApproval } from '../answers/approvals'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const ids = { approval_id: { error: 'Invalid approval ID format', code: 'invalid_id' } } as const

export const approvals = new Hono<App>()
  .post(
    '/api/approvals',
    endpoint({
      summary: 'Ask for one use of a tool that writes at another system',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 201: approvalAnswer },
      errors: ['validation_failed', 'not_found', 'feature_disabled', 'not_connected'],
    }),
    body(approvalRequest),
    async (c) => {
      const row = await requestApproval(c.var.ctx, c.req.valid('json'))
      return c.json({ approval: showApproval(row, c.var.ctx.now) }, 201)
    },
  )
  .get(
    '/api/approvals',
    endpoint({
      summary: 'Uses of tools that write, newest first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: approvalList },
      errors: ['validation_failed'],
    }),
    query(approvalQuery),
    async (c) => {
      const { approvals, nextCursor } = await listApprovals(c.var.ctx, c.req.valid('query'))
      return c.json({ approvals: approvals.map((row) => showApproval(row, c.var.ctx.now)), nextCursor })
    },
  )
  .get(
    '/api/approvals/:approval_id',
    endpoint({
      summary: 'One use of a tool that writes',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: approvalAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const row = await readApproval(c.var.ctx, idOf(c, 'approval_id'))
      return c.json({ approval: showApproval(row, c.var.ctx.now) })
    },
  )
  .post(
    '/api/approvals/:approval_id/approve',
    endpoint({
      summary: 'Approve a use and carry it out, once; of high risk only for admins',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: approvalAnswer },
      errors: ['invalid_id', 'not_found', 'invalid_state', 'conflict', 'feature_disabled'],
    }),
    async (c) => {
      const row = await approve(c.var.ctx, connectorPorts(c), idOf(c, 'approval_id'))
      return c.json({ approval: showApproval(row, c.var.ctx.now) })
    },
  )
  .post(
    '/api/approvals/:approval_id/deny',
    endpoint({
      summary: 'Deny a use; of high risk only for admins',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: approvalAnswer },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      const row = await deny(c.var.ctx, idOf(c, 'approval_id'))
      return c.json({ approval: showApproval(row, c.var.ctx.now) })
    },
  )
