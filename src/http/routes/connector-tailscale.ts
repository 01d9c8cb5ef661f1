/** Tailscale's tailnet on the paths of the original product: reading only. */
import { Hono } from 'hono'
import * as z from 'zod'
import { tailscale } from '../../connectors/tailscale'
import { text } from '../../lib/fields'
import { iso } from '../../lib/time'
import { askConnection } from '../../services/connectors/ask'
import { connectionOf } from '../../services/connectors/resources'
import { refreshAccess } from '../../services/connectors/refresh'
import { chooseEnabled, chooseRoot, isEnabled, readRoot } from '../../services/connectors/root'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const BASE = '/tailscale_api/tailscale'
const reading = { who: 'viewer', bucket: 'default' } as const
const errors = [...vendorErrors, 'not_found'] as const

const LIST = 'tailnets must be a list'
const tailnetsInput = z.object({
  tailnets: z
    .array(z.object({ id: text({ error: LIST, max: 200 }), enabled: z.boolean({ error: LIST }) }), {
      error: LIST,
    })
    .min(1, LIST)
    .max(50, LIST)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, LIST),
})

/** Lists that are the vendor's own, and the operation that reads each. */
const LISTS = [
  ['devices', 'list_devices', 'Devices of the tailnet'],
  ['routes', 'list_routes', 'Devices of the tailnet with their routes'],
  ['dns', 'dns_nameservers', 'Name servers of the tailnet'],
  ['acl', 'access_policy', 'Access policy of the tailnet'],
  ['settings', 'tailnet_settings', 'Settings of the tailnet'],
] as const

export const connectorTailscale = new Hono<App>()
  .get(
    `${BASE}/tailnets`,
    endpoint({
      ...reading,
      summary: 'The tailnet that is connected',
      answers: {
        200: z.object({
          tailnets: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              deviceCount: z.int(),
              enabled: z.boolean(),
              isRootTailnet: z.boolean(),
            }),
          ),
        }),
      },
      errors: ['not_connected'],
    }),
    async (c) => {
      const row = await connectionOf(c.var.ctx, tailscale, null, true)
      const root = await readRoot(c.var.ctx, tailscale)
      const devices = row.publicJson['deviceCount']
      return c.json({
        tailnets: [
          {
            id: row.accountId,
            name: row.accountName,
            deviceCount: typeof devices === 'number' ? devices : 0,
            enabled: row.status === 'connected' && (await isEnabled(c.var.ctx, tailscale, row.accountId)),
            isRootTailnet: root === row.accountId,
          },
        ],
      })
    },
  )
  .post(
    `${BASE}/tailnets`,
    endpoint({
      summary: 'Choose whether the tailnet is used',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true), message: z.string() }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(tailnetsInput),
    async (c) => {
      await chooseEnabled(c.var.ctx, tailscale, c.req.valid('json').tailnets)
      return c.json({ success: true as const, message: 'Tailnets saved' })
    },
  )
  .post(
    `${BASE}/refresh-token`,
    endpoint({
      summary: "Fetch a new access for Tailscale's API",
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({ success: z.literal(true), message: z.string(), expiresAt: z.iso.datetime() }),
      },
      errors,
    }),
    async (c) => {
      const expiresAt = await refreshAccess(c.var.ctx, connectorPorts(c), tailscale)
      return c.json({ success: true as const, message: 'Token refreshed', expiresAt: iso(expiresAt) })
    },
  )
  .get(
    `${BASE}/devices/:device`,
    endpoint({
      ...reading,
      summary: 'One device of the tailnet',
      answers: { 200: z.looseObject({}) },
      errors: [...errors, 'validation_failed'],
    }),
    async (c) => {
      const asked = { id: c.req.param('device') }
      const answer = await askConnection(c.var.ctx, connectorPorts(c), tailscale, 'get_device', asked)
      return c.json(z.looseObject({}).catch({}).parse(answer))
    },
  )
  .get(
    `${BASE}/root-tailnet`,
    endpoint({
      ...reading,
      summary: 'The root tailnet',
      answers: { 200: z.object({ tailnetId: z.string().nullable(), hasRootTailnet: z.boolean() }) },
      errors: ['not_connected'],
    }),
    async (c) => {
      const root = await readRoot(c.var.ctx, tailscale)
      return c.json({ tailnetId: root, hasRootTailnet: root !== null })
    },
  )
  .post(
    `${BASE}/root-tailnet`,
    endpoint({
      summary: 'Choose the root tailnet',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({ success: z.literal(true), tailnetId: z.string(), message: z.string() }),
      },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(z.object({ tailnetId: text({ error: 'tailnetId is required', max: 200 }) })),
    async (c) => {
      const { tailnetId } = c.req.valid('json')
      await chooseRoot(c.var.ctx, tailscale, tailnetId)
      return c.json({ success: true as const, tailnetId, message: 'Root tailnet saved' })
    },
  )

for (const [path, operation, summary] of LISTS)
  connectorTailscale.get(
    `${BASE}/${path}`,
    endpoint({ ...reading, summary, answers: { 200: z.looseObject({}) }, errors }),
    async (c) => {
      const answer = await askConnection(c.var.ctx, connectorPorts(c), tailscale, operation, {})
      return c.json(z.looseObject({}).catch({}).parse(answer))
    },
  )
