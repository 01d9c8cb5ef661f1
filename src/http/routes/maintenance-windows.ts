/** Maintenance windows. */
import { Hono } from 'hono'
import {
  createWindow,
  deleteWindow,
  listSuppressed,
  listWindows,
  newWindow,
  readWindow,
  updateWindow,
  windowPatch,
} from '../../services/maintenance-windows'
import { success } from '../answers/integrations'
import {
  showSuppressed,
  showWindow,
  suppressedList,
  windowAnswer,
  windowList,
} from '../answers/maintenance-windows'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'

const ids = { window_id: { error: 'Invalid maintenance window ID format', code: 'invalid_id' } } as const

export const maintenanceWindows = new Hono<App>()
  .post(
    '/api/maintenance-windows',
    endpoint({
      summary: 'Keep investigations and notifications of matching alerts back for a time',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 201: windowAnswer },
      errors: ['validation_failed'],
    }),
    body(newWindow),
    async (c) => {
      const window = await createWindow(c.var.ctx, c.req.valid('json'))
      return c.json({ maintenanceWindow: showWindow(window, c.var.ctx.now) }, 201)
    },
  )
  .get(
    '/api/maintenance-windows',
    endpoint({
      summary: 'Maintenance windows, newest start first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: windowList },
    }),
    async (c) => {
      const windows = await listWindows(c.var.ctx)
      return c.json({ maintenanceWindows: windows.map((row) => showWindow(row, c.var.ctx.now)) })
    },
  )
  .get(
    '/api/maintenance-windows/:window_id',
    endpoint({
      summary: 'One maintenance window',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: windowAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const window = await readWindow(c.var.ctx, idOf(c, 'window_id'))
      return c.json({ maintenanceWindow: showWindow(window, c.var.ctx.now) })
    },
  )
  .patch(
    '/api/maintenance-windows/:window_id',
    endpoint({
      summary: 'Change a maintenance window that has not ended',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: windowAnswer },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
    }),
    body(windowPatch),
    async (c) => {
      const window = await updateWindow(c.var.ctx, idOf(c, 'window_id'), c.req.valid('json'))
      return c.json({ maintenanceWindow: showWindow(window, c.var.ctx.now) })
    },
  )
  .delete(
    '/api/maintenance-windows/:window_id',
    endpoint({
      summary: 'Remove a maintenance window; what is still open is released',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      await deleteWindow(c.var.ctx, idOf(c, 'window_id'))
      return c.json({ success: true as const })
    },
  )
  .get(
    '/api/maintenance-windows/:window_id/suppressed',
    endpoint({
      summary: 'What a maintenance window hides and hid',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: suppressedList },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const suppressed = await listSuppressed(c.var.ctx, idOf(c, 'window_id'))
      return c.json({ suppressed: suppressed.map(showSuppressed) })
    },
  )
