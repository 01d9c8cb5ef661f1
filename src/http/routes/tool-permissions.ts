/** Which tools an organisation lets its runs and its people use. */
import { Hono } from 'hono'
import { listToolPermissions, permissionInput, setToolPermission } from '../../services/tool-permissions'
import { permission, permissionList, showPermission, showPermissions } from '../answers/tool-permissions'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

export const toolPermissions = new Hono<App>()
  .get(
    '/api/org/tool-permissions',
    endpoint({
      summary: 'The tools of the organisation, and which of them are switched off',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: permissionList },
    }),
    async (c) => c.json(showPermissions(await listToolPermissions(c.var.ctx, connectorPorts(c)))),
  )
  .put(
    '/api/org/tool-permissions/:tool',
    endpoint({
      summary: 'Switch a tool off or on again',
      who: 'admin',
      bucket: 'default',
      answers: { 200: permission },
      errors: ['validation_failed', 'invalid_state', 'not_found'],
    }),
    body(permissionInput),
    async (c) => {
      const { ctx } = c.var
      const tool = await setToolPermission(ctx, connectorPorts(c), c.req.param('tool'), c.req.valid('json'))
      return c.json(showPermission(tool))
    },
  )
