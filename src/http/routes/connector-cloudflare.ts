/** Cloudflare's zones on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { cloudflare } from '../../connectors/cloudflare'
import { listAllResources, selectResources } from '../../services/connectors/resources'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const PATH = '/cloudflare_api/cloudflare/zones'
const text = z.string().nullable()

const zonesAnswer = z.object({
  zones: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      status: text,
      account_id: text,
      account_name: text,
      plan: text,
      enabled: z.boolean(),
    }),
  ),
})

const chosen = z.object({
  zones: z
    .array(
      z.object({
        id: z
          .string({ error: 'zones must be a list' })
          .min(1, 'zones must be a list')
          .max(64, 'zones must be a list'),
        enabled: z.boolean({ error: 'zones must be a list' }),
      }),
      { error: 'zones must be a list' },
    )
    .max(500, 'zones must be a list'),
})

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export const connectorCloudflare = new Hono<App>()
  .get(
    PATH,
    endpoint({
      summary: 'Zones of the Cloudflare account, with what was chosen of them',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: zonesAnswer },
      errors: vendorErrors,
    }),
    query(z.object({ accountId: z.string().max(64).optional() })),
    async (c) => {
      const { accountId } = c.req.valid('query')
      const zones = await listAllResources(c.var.ctx, connectorPorts(c), cloudflare)
      return c.json({
        zones: zones
          .map(({ id, name, enabled, details }) => ({
            id,
            name,
            status: textOf(details['status']),
            account_id: textOf(details['account_id']),
            account_name: textOf(details['account_name']),
            plan: textOf(details['plan']),
            enabled,
          }))
          .filter((zone) => accountId === undefined || zone.account_id === accountId),
      })
    },
  )
  .post(
    PATH,
    endpoint({
      summary: 'Choose zones',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true), message: z.literal('Zones saved') }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(chosen),
    async (c) => {
      await selectResources(c.var.ctx, cloudflare, { selections: c.req.valid('json').zones }, true)
      return c.json({ success: true as const, message: 'Zones saved' as const })
    },
  )
