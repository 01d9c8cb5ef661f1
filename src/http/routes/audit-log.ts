/** Who changed what, and the proof that nobody rewrote it. */
import { Hono } from 'hono'
import { auditQuery, listAudit, verifyAudit } from '../../services/audit-log'
import { auditList, showAuditEntry, verification } from '../answers/audit-log'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { query } from '../input'

export const auditLog = new Hono<App>()
  .get(
    '/api/audit-log',
    endpoint({
      summary: 'Changes in the organisation, newest first',
      who: 'admin',
      bucket: 'default',
      answers: { 200: auditList },
      errors: ['validation_failed'],
    }),
    query(auditQuery),
    async (c) => {
      const { entries, nextCursor } = await listAudit(c.var.ctx, c.req.valid('query'))
      return c.json({
        entries: entries.map(showAuditEntry),
        nextCursor: nextCursor === null ? null : String(nextCursor),
      })
    },
  )
  .get(
    '/api/audit-log/verify',
    endpoint({
      summary: 'Follow the hash chain from the first row to the last',
      who: 'admin',
      bucket: 'default',
      answers: { 200: verification },
    }),
    async (c) => c.json(await verifyAudit(c.var.ctx)),
  )
