/** Scaleway's projects on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { scaleway } from '../../connectors/scaleway'
import { text } from '../../lib/fields'
import { listAllResources } from '../../services/connectors/resources'
import { listServers } from '../../services/connectors/scaleway'
import { chooseEnabled, chooseRoot, readRoot } from '../../services/connectors/root'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const BASE = '/scaleway_api/scaleway'
const LIST = 'projects must be a list'
const projectId = text({ error: 'projectId is required', max: 64 })

const projects = z.object({
  projects: z
    .array(
      z.object({
        projectId: text({ error: LIST, max: 64 }),
        enabled: z.boolean({ error: LIST }),
      }),
      { error: LIST },
    )
    .min(1, LIST)
    .max(400, LIST)
    .refine((list) => new Set(list.map((it) => it.projectId)).size === list.length, LIST),
})

const reading = {
  who: 'viewer',
  bucket: 'default',
  errors: vendorErrors,
} as const
const writing = {
  who: 'editor',
  bucket: 'default',
  maxBodyBytes: SMALL,
  errors: ['validation_failed', 'not_connected'],
} as const

export const connectorScaleway = new Hono<App>()
  .get(
    `${BASE}/projects`,
    endpoint({
      ...reading,
      summary: 'Projects of the Scaleway organisation, with what was chosen of them',
      answers: {
        200: z.object({
          projects: z.array(
            z.object({
              projectId: z.string(),
              name: z.string(),
              enabled: z.boolean(),
              isRootProject: z.boolean(),
            }),
          ),
        }),
      },
    }),
    async (c) => {
      const found = await listAllResources(c.var.ctx, connectorPorts(c), scaleway)
      return c.json({
        projects: found.map(({ id, name, enabled, isRoot }) => ({
          projectId: id,
          name,
          enabled,
          isRootProject: isRoot,
        })),
      })
    },
  )
  .post(
    `${BASE}/projects`,
    endpoint({
      ...writing,
      summary: 'Choose projects',
      answers: { 200: z.object({ success: z.literal(true), message: z.literal('Projects saved') }) },
    }),
    body(projects),
    async (c) => {
      const chosen = c.req.valid('json').projects.map((it) => ({ id: it.projectId, enabled: it.enabled }))
      await chooseEnabled(c.var.ctx, scaleway, chosen)
      return c.json({ success: true as const, message: 'Projects saved' as const })
    },
  )
  .get(
    `${BASE}/root-project`,
    endpoint({
      ...reading,
      summary: 'The root project',
      answers: { 200: z.object({ projectId: z.string().nullable(), hasRootProject: z.boolean() }) },
    }),
    async (c) => {
      const root = await readRoot(c.var.ctx, scaleway)
      return c.json({ projectId: root, hasRootProject: root !== null })
    },
  )
  .post(
    `${BASE}/root-project`,
    endpoint({
      ...writing,
      summary: 'Choose the root project',
      answers: {
        200: z.object({ success: z.literal(true), projectId: z.string(), message: z.string() }),
      },
    }),
    body(z.object({ projectId })),
    async (c) => {
      const chosen = c.req.valid('json').projectId
      await chooseRoot(c.var.ctx, scaleway, chosen)
      return c.json({ success: true as const, projectId: chosen, message: 'Root project saved' })
    },
  )

connectorScaleway.get(
  `${BASE}/instances`,
  endpoint({
    ...reading,
    summary: 'Instances of every zone of Scaleway',
    answers: { 200: z.object({ servers: z.array(z.unknown()) }) },
  }),
  async (c) => c.json({ servers: [...(await listServers(c.var.ctx, connectorPorts(c)))] }),
)
