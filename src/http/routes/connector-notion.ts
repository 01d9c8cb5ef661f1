/** Notion on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { hasClient } from '../../connectors/connector'
import { notion } from '../../connectors/notion'
import { details } from '../../connectors/notion/details'
import { text } from '../../lib/fields'
import { loginError } from '../../services/connectors/login'
import { connectNotion, listDatabases, readDatabase } from '../../services/connectors/notion'
import { settingsOf } from '../../services/connectors/ports'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors, vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { finishPosted, withParameters } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal } from '../original-login'

const errors = [...vendorErrors, 'no_resources'] as const

const connected = z.object({
  success: z.literal(true),
  connected: z.literal(true),
  workspaceName: z.string().nullable(),
  authType: z.enum(['iit', 'oauth']),
})
const showConnected = (stored: unknown): z.infer<typeof connected> => ({
  success: true,
  connected: true,
  ...details.parse(stored),
})

const database = z.object({ id: z.string(), title: z.string(), url: z.string().nullable() })

export const connectorNotion = new Hono<App>()
  .post(
    '/notion/connect',
    endpoint({
      summary: 'Connect Notion with the token of an integration, or begin a login',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.union([connected, z.object({ authUrl: z.url() })]) },
      errors: connectErrors,
      failure: 'Failed to store Notion credentials',
    }),
    body(z.looseObject({ token_type: z.unknown().optional(), token: z.unknown().optional() })),
    async (c) => {
      const form = c.req.valid('json')
      if (form.token_type === undefined && form.token === undefined)
        return c.json({ authUrl: await beginOriginal(c, notion) })
      const made = await connectNotion(c.var.ctx, connectorPorts(c), form)
      return c.json(showConnected(made.kind === 'connection' ? made.connection.publicJson : null))
    },
  )
  .post(
    '/notion/oauth/callback',
    endpoint({
      summary: 'Complete a login at Notion with what the browser brought back',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: connected },
      errors: ['validation_failed', 'oauth_state_invalid', 'credential_refused', 'upstream_error'],
    }),
    body(
      z.object({
        code: text({ error: 'Missing code or state parameter', max: 2000 }),
        state: text({ error: 'Missing code or state parameter', max: 500 }),
      }),
    ),
    async (c) => {
      const result = withParameters(await finishPosted(c, notion, c.req.valid('json')))
      if (result.kind === 'failed') throw loginError(result.reason)
      return c.json(showConnected(result.kind === 'connected' ? result.connection.publicJson : null))
    },
  )
  .get(
    '/notion/status',
    endpoint({
      summary: 'Whether Notion is connected',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          connected: z.boolean(),
          oauthConfigured: z.boolean(),
          workspaceName: z.string().nullable(),
          authType: z.enum(['iit', 'oauth']).nullable(),
        }),
      },
    }),
    async (c) => {
      const ports = connectorPorts(c)
      const status = await readStatus(c.var.ctx, ports, notion, c.req.query('validate') === 'true')
      const row = status.connections.find((it) => it.status === 'connected')
      const { oauth } = notion
      return c.json({
        connected: status.connected,
        oauthConfigured: oauth !== null && hasClient(oauth, settingsOf(ports, notion), null),
        ...(row === undefined ? { workspaceName: null, authType: null } : details.parse(row.publicJson)),
      })
    },
  )
  .on(['POST', 'DELETE'], '/notion/disconnect', disconnectEndpoint(notion), disconnectAll(notion))
  .get(
    '/notion/databases',
    endpoint({
      summary: 'Databases that were shared with the integration',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ databases: z.array(database) }) },
      errors,
    }),
    async (c) => c.json({ databases: [...(await listDatabases(c.var.ctx, connectorPorts(c)))] }),
  )
  .get(
    '/notion/databases/:database',
    endpoint({
      summary: 'A database with its properties',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: database.extend({ properties: z.unknown() }) },
      errors,
    }),
    async (c) => c.json(await readDatabase(c.var.ctx, connectorPorts(c), c.req.param('database'))),
  )
