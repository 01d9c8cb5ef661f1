/** Projects of the connected Google Cloud account, on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../lib/errors'
import {
  chooseProjects,
  chooseRoot,
  chosenProjects,
  listGoogleProjects,
  readRootProject,
  retryInput,
  retrySetup,
  rootInput,
} from '../../services/connectors/gcp-projects'
import { accessAnswer, projectsAnswer, showAccess, showProjects } from '../answers/connector-gcp'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const anyBody = z.looseObject({})

export const connectorGcpProjects = new Hono<App>()
  .post(
    '/gcp/post-auth-retry',
    endpoint({
      summary: 'Set up again with the projects that were chosen',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ status: z.literal('started'), task_id: z.uuid() }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(retryInput),
    async (c) =>
      c.json({
        status: 'started' as const,
        task_id: await retrySetup(c.var.ctx, connectorPorts(c), c.req.valid('json')),
      }),
  )
  .post(
    '/api/gcp/projects',
    endpoint({
      summary: 'Projects of the Google account with their billing',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: projectsAnswer },
      errors: ['identity_mismatch', ...vendorErrors],
    }),
    body(anyBody),
    async (c) => {
      return c.json(showProjects(await listGoogleProjects(c.var.ctx, connectorPorts(c), true)))
    },
  )
  .get(
    '/api/gcp/sa-project-access',
    endpoint({
      summary: 'Projects with what was chosen of them',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: accessAnswer },
      errors: vendorErrors,
    }),
    async (c) => c.json(showAccess(await listGoogleProjects(c.var.ctx, connectorPorts(c), false))),
  )
  .post(
    '/api/gcp/sa-project-access',
    endpoint({
      summary: 'Choose projects; no IAM policy is touched',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true) }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(chosenProjects),
    async (c) => {
      await chooseProjects(c.var.ctx, c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
  .get(
    '/api/gcp/root-project',
    endpoint({
      summary: 'The root project',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ root_project: z.string().nullable(), service_accounts: z.null() }) },
      errors: ['not_connected'],
    }),
    async (c) => c.json({ root_project: await readRootProject(c.var.ctx), service_accounts: null }),
  )
  .post(
    '/api/gcp/root-project',
    endpoint({
      summary: 'Choose the root project',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: {
        202: z.object({
          success: z.literal(true),
          preference_saved: z.literal(true),
          service_account_setup: z.literal('pending'),
          root_project: z.string(),
          task_id: z.uuid(),
          message: z.string(),
        }),
      },
      errors: ['validation_failed', ...vendorErrors],
    }),
    body(rootInput),
    async (c) => {
      const { root, taskId } = await chooseRoot(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json(
        {
          success: true as const,
          preference_saved: true as const,
          service_account_setup: 'pending' as const,
          root_project: root,
          task_id: taskId,
          message: 'Root project saved. Access to it is being verified.',
        },
        202,
      )
    },
  )
  .post(
    '/billing',
    endpoint({
      summary: 'Whether a project has billing enabled',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.literal('Billing successful') }) },
      errors: ['not_found', ...vendorErrors],
    }),
    body(anyBody),
    async (c) => {
      const { projects } = await listGoogleProjects(c.var.ctx, connectorPorts(c), true)
      if (projects.some(({ billingEnabled }) => billingEnabled))
        return c.json({ message: 'Billing successful' as const })
      const message = 'No project with billing enabled was found'
      throw new AppError('not_found', message, { body: { message } })
    },
  )
