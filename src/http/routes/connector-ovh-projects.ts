/** OVHcloud's projects on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { AppError } from '../../lib/errors'
import { text } from '../../lib/fields'
import {
  chooseOvhProjects,
  chooseOvhRoot,
  listOvhInstances,
  listOvhProjects,
  ovhRoot,
  projectsInput,
  readableProject,
  rootInput,
} from '../../services/connectors/ovh'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const BASE = '/ovh_api/ovh'
const saved = z.object({ success: z.literal(true), message: z.string() })
const root = z.string().nullable()
const reading = (summary: string, answer: Schema) =>
  endpoint({ summary, who: 'viewer', bucket: 'default', answers: { 200: answer }, errors: vendorErrors })
const writing = (summary: string, answer: Schema) =>
  endpoint({
    summary,
    who: 'editor',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: { 200: answer },
    errors: ['validation_failed', ...vendorErrors],
  })

const projects = z.array(
  z.object({
    projectId: z.string(),
    name: z.string(),
    hasPermission: z.boolean(),
    enabled: z.boolean(),
    isRootProject: z.boolean(),
  }),
)
const instances = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    ipAddresses: z.array(z.string()),
    region: z.string(),
    projectId: z.string(),
    imageName: z.string().nullable(),
    sshConfig: z.literal(false),
  }),
)

export const connectorOvhProjects = new Hono<App>()
  .get(
    `${BASE}/projects`,
    reading('Projects with what was chosen of them', z.object({ projects, root_project: root })),
    async (c) => {
      const found = await listOvhProjects(c.var.ctx, connectorPorts(c))
      return c.json({
        projects: found.map(({ id, isRoot, ...it }) => ({ projectId: id, ...it, isRootProject: isRoot })),
        root_project: found.find(({ isRoot }) => isRoot)?.id ?? null,
      })
    },
  )
  .post(`${BASE}/projects`, writing('Choose projects', saved), body(projectsInput), async (c) => {
    await chooseOvhProjects(c.var.ctx, c.req.valid('json'))
    return c.json({ success: true as const, message: 'Projects saved' })
  })
  .get(`${BASE}/root-project`, reading('The root project', z.object({ root_project: root })), async (c) =>
    c.json({ root_project: await ovhRoot(c.var.ctx) }),
  )
  .post(
    `${BASE}/root-project`,
    writing('Choose the root project', saved.extend({ root_project: z.string() })),
    body(rootInput),
    async (c) => {
      const { projectId } = c.req.valid('json')
      await chooseOvhRoot(c.var.ctx, { projectId })
      return c.json({ success: true as const, root_project: projectId, message: 'Root project saved' })
    },
  )
  .get(
    `${BASE}/instances`,
    reading('Virtual machines of the projects', z.object({ instances })),
    async (c) => {
      const found = await listOvhInstances(c.var.ctx, connectorPorts(c))
      return c.json({
        instances: found.map(({ ipAddresses, ...it }) => ({
          ...it,
          ipAddresses: [...ipAddresses],
          sshConfig: false as const,
        })),
      })
    },
  )
  .get(
    `${BASE}/onboarding/validate`,
    reading(
      'Whether the login may read a project',
      z.object({
        permission: z.enum(['ok', 'not_ok']),
        projectId: z.string().optional(),
        message: z.string(),
      }),
    ),
    async (c) => {
      const project = await readableProject(c.var.ctx, connectorPorts(c))
      return c.json(
        project === null
          ? { permission: 'not_ok' as const, message: 'No project can be read with this login' }
          : { permission: 'ok' as const, projectId: project.id, message: 'Access verified' },
      )
    },
  )
  .post(
    `${BASE}/onboarding/grant-access`,
    writing('Check the access to a project; nothing is granted', saved),
    body(z.object({ projectId: text({ error: 'Missing projectId', max: 64 }) })),
    async (c) => {
      const { projectId } = c.req.valid('json')
      const found = await listOvhProjects(c.var.ctx, connectorPorts(c))
      if (found.some(({ id, hasPermission }) => id === projectId && hasPermission))
        return c.json({ success: true as const, message: 'Access already granted' })
      throw new AppError('insufficient_permission', 'The login may not read this project', {
        body: {
          success: false,
          manualSteps: [
            'Open Identity, Security & Operations in the OVHcloud control panel.',
            `Add the right publicCloudProject:apiovh:get on the project ${projectId} to the policy of this user.`,
          ],
        },
      })
    },
  )
