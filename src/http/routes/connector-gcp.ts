/** Google Cloud on the paths of the original product: whether it is connected, and by the key of a service account. */
import { Hono } from 'hono'
import * as z from 'zod'
import { gcp } from '../../connectors/gcp'
import { AppError } from '../../lib/errors'
import { connectAccount } from '../../services/connectors/connect'
import { disconnect } from '../../services/connectors/disconnect'
import { googleRoot, listGoogleProjects } from '../../services/connectors/gcp-projects'
import { readStatus } from '../../services/connectors/status'
import { serviceAccountAnswer, showStatus, statusAnswer } from '../answers/connector-gcp'
import { disconnectAnswer, showDisconnected } from '../answers/connectors'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const anyBody = z.looseObject({})

export const connectorGcp = new Hono<App>()
  .get(
    '/gcp/status',
    endpoint({
      summary: 'Whether Google Cloud is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
    }),
    async (c) => {
      const status = await readStatus(c.var.ctx, connectorPorts(c), gcp, false)
      return c.json(showStatus(status, await googleRoot(c.var.ctx, status.connections[0] ?? null)))
    },
  )
  .post(
    '/api/gcp/service-account/connect',
    endpoint({
      summary: 'Connect Google Cloud with the key of a service account',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: serviceAccountAnswer },
      errors: connectErrors,
    }),
    body(anyBody),
    async (c) => {
      const ports = connectorPorts(c)
      const made = await connectAccount(c.var.ctx, ports, gcp, c.req.valid('json'))
      const details = made.kind === 'connection' ? made.connection.publicJson : {}
      const own = String(details['defaultProjectId'])
      const { projects } = await listGoogleProjects(c.var.ctx, ports, false).catch((error: unknown) => {
        // It is connected; that the list failed now is no reason to say otherwise.
        if (error instanceof AppError) return { projects: [] }
        throw error
      })
      return c.json({
        success: true as const,
        email: String(details['email']),
        default_project_id: own,
        accessible_projects:
          projects.length === 0
            ? [{ project_id: own, name: own }]
            : projects.map(({ projectId, name }) => ({ project_id: projectId, name })),
      })
    },
  )
  .post(
    '/api/gcp/force-disconnect',
    endpoint({
      summary: 'Revoke and forget the Google Cloud credential',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: disconnectAnswer },
      errors: ['identity_mismatch'],
      failure: 'Failed to disconnect GCP',
    }),
    body(anyBody),
    async (c) => {
      const ended = await disconnect(c.var.ctx, connectorPorts(c), gcp, null)
      return c.json({ ...showDisconnected(ended), message: 'GCP disconnected successfully' })
    },
  )
