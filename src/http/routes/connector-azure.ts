/** Azure on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { azure } from '../../connectors/azure'
import { POWERSHELL_SCRIPT, SHELL_SCRIPT } from '../../connectors/azure/setup-script'
import {
  asOriginal,
  azureClusters,
  azureConnection,
  azureSubscriptions,
  chooseSubscriptions,
} from '../../services/connectors/azure-subscriptions'
import { connectAccount } from '../../services/connectors/connect'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors, vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const text = z.string().nullable()
const errors = [...vendorErrors, 'credential_refused'] as const
const REQUIRED = 'projects required'

const statusAnswer = z.object({
  connected: z.boolean(),
  status: z.enum(['connected', 'error', 'not_connected']),
  tenantId: text,
  clientId: text,
  subscriptionId: text,
  subscriptionName: text,
  hasReadOnly: z.boolean(),
})

const chosen = z.object({
  projects: z
    .array(
      z.object({
        projectId: z.string({ error: REQUIRED }).min(1, REQUIRED).max(100, REQUIRED),
        enabled: z.boolean({ error: REQUIRED }),
      }),
      { error: REQUIRED },
    )
    .min(1, REQUIRED)
    .max(500, REQUIRED)
    .refine((list) => new Set(list.map(({ projectId }) => projectId)).size === list.length, REQUIRED),
})

export const connectorAzure = new Hono<App>()
  .post(
    '/azure/login',
    endpoint({
      summary: 'Connect Azure with the secret of an application',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({
          message: z.literal('Successfully logged in to Azure'),
          subscription_id: z.string(),
          subscription_name: z.string(),
        }),
      },
      errors: [...connectErrors, 'reconnect_required'],
    }),
    body(z.looseObject({})),
    async (c) => {
      const connecting = connectAccount(c.var.ctx, connectorPorts(c), azure, c.req.valid('json'))
      await asOriginal(connecting, 'Invalid Azure credentials')
      const { accountId, accountName } = await azureConnection(c.var.ctx)
      return c.json({
        message: 'Successfully logged in to Azure' as const,
        subscription_id: accountId,
        subscription_name: accountName,
      })
    },
  )
  .get(
    '/azure/status',
    endpoint({
      summary: 'Whether Azure is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
    }),
    async (c) => {
      const { connected, status, connections } = await readStatus(c.var.ctx, connectorPorts(c), azure, false)
      const [row] = connections
      const detail = (name: string): string | null => {
        const value = row?.publicJson[name]
        return typeof value === 'string' ? value : null
      }
      return c.json({
        connected,
        status,
        tenantId: detail('tenantId'),
        clientId: detail('clientId'),
        subscriptionId: detail('subscriptionId'),
        subscriptionName: detail('subscriptionName'),
        hasReadOnly: row?.publicJson['hasReadOnly'] === true,
      })
    },
  )
  .get(
    '/azure/fetch_data',
    endpoint({
      summary: 'The subscription that is connected',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          status: z.literal('success'),
          subscription_id: z.string(),
          subscription_name: z.string(),
        }),
      },
      errors: ['not_connected'],
    }),
    async (c) => {
      const { accountId, accountName } = await azureConnection(c.var.ctx)
      return c.json({
        status: 'success' as const,
        subscription_id: accountId,
        subscription_name: accountName,
      })
    },
  )
  .get(
    '/azure/clusters',
    endpoint({
      summary: 'Kubernetes clusters of the subscription',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.array(z.object({ name: z.string(), resourceGroup: z.string(), subscriptionId: z.string() })),
      },
      errors,
    }),
    async (c) => c.json([...(await azureClusters(c.var.ctx, connectorPorts(c)))]),
  )
  .get(
    '/api/azure-subscriptions',
    endpoint({
      summary: 'Every visible subscription, with what was chosen',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          projects: z.array(z.object({ projectId: z.string(), name: z.string(), enabled: z.boolean() })),
        }),
      },
      errors,
    }),
    async (c) => {
      const all = await azureSubscriptions(c.var.ctx, connectorPorts(c))
      return c.json({ projects: all.map(({ id, name, enabled }) => ({ projectId: id, name, enabled })) })
    },
  )

for (const path of ['/api/azure-subscriptions', '/azure/subscriptions'])
  connectorAzure.post(
    path,
    endpoint({
      summary: 'Choose subscriptions',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ status: z.literal('success') }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(chosen),
    async (c) => {
      await chooseSubscriptions(c.var.ctx, c.req.valid('json').projects)
      return c.json({ status: 'success' as const })
    },
  )

for (const [path, script] of [
  ['/azure/setup-script', SHELL_SCRIPT],
  ['/azure/setup-script-ps1', POWERSHELL_SCRIPT],
] as const)
  connectorAzure.get(
    path,
    endpoint({
      summary: 'The script that creates a service principal with the Reader role',
      who: 'public',
      bucket: null,
      answers: { 200: null },
      asText: 'text/plain',
    }),
    (c) => c.text(script),
  )
