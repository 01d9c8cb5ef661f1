/** Jenkins, CloudBees and Spinnaker on the paths of the original product, as far as those have shapes of their own. */
import { Hono } from 'hono'
import * as z from 'zod'
import { cloudbees } from '../../connectors/cloudbees'
import type { Connector } from '../../connectors/connector'
import { jenkins } from '../../connectors/jenkins'
import { spinnaker } from '../../connectors/spinnaker'
import { listControllers, readController, readSummary } from '../../services/connectors/ci'
import { askConnection } from '../../services/connectors/ask'
import { listAllResources } from '../../services/connectors/resources'
import { readStatus } from '../../services/connectors/status'
import { endpoint } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { query } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { showOriginal } from './connector-aliases'

const reading = { who: 'viewer', bucket: 'default' } as const

const summary = z.object({
  jobCount: z.int(),
  jobHealth: z.record(z.string(), z.int()),
  queueSize: z.int(),
  nodesOnline: z.int(),
  nodesOffline: z.int(),
  totalExecutors: z.int(),
  busyExecutors: z.int(),
})

const controller = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  kind: z.enum(['managed', 'client']),
  online: z.boolean().nullable(),
  approved: z.boolean().nullable(),
  description: z.string().nullable(),
})

export const connectorCi = new Hono<App>()

for (const connector of [jenkins, cloudbees]) mountStatus(connectorCi, connector)

function mountStatus(app: Hono<App>, connector: Connector): void {
  const { id, name, original } = connector
  if (original === undefined) return
  app.get(
    `/${id}/status`,
    endpoint({
      ...reading,
      summary: `Whether ${name} is connected, with ?full=true how it is doing`,
      answers: { 200: z.looseObject({ connected: z.boolean(), summary: summary.optional() }) },
      errors: vendorErrors,
    }),
    query(z.object({ validate: z.string().optional(), full: z.string().optional() })),
    async (c) => {
      const { validate, full } = c.req.valid('query')
      const ports = connectorPorts(c)
      const status = await readStatus(c.var.ctx, ports, connector, validate === 'true')
      const shown = showOriginal(original, status)
      const told = full === 'true' && shown.connected ? await readSummary(c.var.ctx, ports, connector) : null
      return c.json(told === null ? shown : { ...shown, summary: told })
    },
  )
}

for (const path of ['/cloudbees/controllers', '/cloudbees/fleet/controllers'])
  connectorCi.get(
    path,
    endpoint({
      ...reading,
      summary: 'Controllers of the operations center of CloudBees',
      answers: { 200: z.object({ controllers: z.array(controller) }) },
      errors: vendorErrors,
    }),
    async (c) =>
      c.json({ controllers: [...(await listControllers(c.var.ctx, connectorPorts(c), cloudbees))] }),
  )

connectorCi
  .get(
    '/cloudbees/fleet/controllers/:controller',
    endpoint({
      ...reading,
      summary: 'One controller of the operations center of CloudBees',
      answers: { 200: controller },
      errors: [...vendorErrors, 'not_found'],
    }),
    async (c) =>
      c.json(await readController(c.var.ctx, connectorPorts(c), cloudbees, c.req.param('controller'))),
  )
  .get(
    '/spinnaker/applications',
    endpoint({
      ...reading,
      summary: 'Applications of Spinnaker',
      answers: {
        200: z.object({ applications: z.array(z.object({ name: z.string(), owner: z.unknown() })) }),
      },
      errors: vendorErrors,
    }),
    async (c) => {
      const found = await listAllResources(c.var.ctx, connectorPorts(c), spinnaker)
      return c.json({ applications: found.map(({ name, details }) => ({ name, owner: details['owner'] })) })
    },
  )
  .get(
    '/spinnaker/applications/:application/pipelines',
    endpoint({
      ...reading,
      summary: 'The last executions of the pipelines of an application',
      answers: { 200: z.object({ pipelines: z.array(z.unknown()) }) },
      errors: [...vendorErrors, 'not_found', 'validation_failed'],
    }),
    async (c) => {
      const found = await askConnection(c.var.ctx, connectorPorts(c), spinnaker, 'list_pipelines', {
        application: c.req.param('application'),
      })
      return c.json({ pipelines: z.array(z.unknown()).catch([]).parse(found) })
    },
  )
