/** Slack on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { slack } from '../../connectors/slack'
import { details } from '../../connectors/slack/details'
import { iso } from '../../lib/time'
import type { LoginResult } from '../../services/connectors/login'
import {
  chooseIncidentsChannel,
  incidentsChannelInput,
  incidentsChannelName,
  listChannels,
} from '../../services/connectors/slack'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App, AppContext } from '../env'
import { finishLogin } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal, originalPage } from '../original-login'

const text = z.string().nullable()
const shown = z.object({
  connected: z.literal(true),
  team_name: text,
  user_name: text,
  team_id: text,
  team_url: text,
  connected_at: z.iso.datetime(),
  incidents_channel_name: text,
})
const none = z.object({ connected: z.literal(false), error: z.string().optional() })

const callback = endpoint({
  summary: 'Where Slack sends the browser after a login',
  who: 'public',
  bucket: null,
  maxBodyBytes: SMALL,
  anyContentType: true,
  answers: { 302: null },
  errors: ['rate_limited'],
})

const back = async (c: AppContext): Promise<Response> =>
  c.redirect(afterLogin(c, await finishLogin(c, slack)))

export const connectorSlack = new Hono<App>()
  .get(
    '/slack',
    endpoint({
      summary: 'Whether Slack is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.union([shown, none]) },
    }),
    async (c) => {
      const ports = connectorPorts(c)
      const status = await readStatus(c.var.ctx, ports, slack, c.req.query('validate') === 'true')
      const row = status.connections.find((it) => it.status === 'connected')
      if (row === undefined)
        return c.json(
          status.status === 'error'
            ? { connected: false as const, error: 'Slack access has ended. Please reconnect.' }
            : { connected: false as const },
        )
      return c.json({
        connected: true as const,
        ...details.parse(row.publicJson),
        connected_at: iso(row.createdAt),
        incidents_channel_name: await incidentsChannelName(c.var.ctx, row.id),
      })
    },
  )
  .post(
    '/slack',
    endpoint({
      summary: 'Begin a login at Slack',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ oauth_url: z.url(), message: z.string() }) },
      errors: ['provider_not_configured'],
    }),
    async (c) =>
      c.json({ oauth_url: await beginOriginal(c, slack), message: 'Redirect to Slack for authentication' }),
  )
  .get('/slack/callback', callback, back)
  .post('/slack/callback', callback, back)
  .delete(
    '/slack',
    disconnectEndpoint(slack),
    disconnectAll(slack, () => ({ message: 'Slack workspace disconnected' })),
  )
  .get(
    '/slack/channels',
    endpoint({
      summary: 'Public channels of the workspace',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          channels: z.array(
            z.object({ id: z.string(), name: z.string(), is_private: z.boolean(), is_member: z.boolean() }),
          ),
        }),
      },
      errors: vendorErrors,
    }),
    async (c) => {
      const found = await listChannels(c.var.ctx, connectorPorts(c))
      return c.json({
        channels: found.map(({ id, name, is_private, is_member }) => ({
          id,
          name,
          is_private: is_private ?? false,
          is_member: is_member ?? false,
        })),
      })
    },
  )
  .post(
    '/slack/incidents-channel',
    endpoint({
      summary: 'Join or create the channel for incidents',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({ success: z.literal(true), channel_id: z.string(), channel_name: z.string() }),
      },
      errors: [...vendorErrors, 'validation_failed'],
    }),
    body(incidentsChannelInput),
    async (c) => {
      const { id, name } = await chooseIncidentsChannel(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ success: true as const, channel_id: id, channel_name: name })
    },
  )

const WORDS = {
  access_denied: 'access_denied',
  invalid_state: 'invalid_state',
  exchange_failed: 'token_exchange_failed',
  upstream_error: 'token_exchange_failed',
  no_refresh_token: 'no_token',
  storage_failed: 'storage_failed',
  incomplete: 'no_code_or_state',
  otherwise: 'unexpected_error',
}

const afterLogin = (c: AppContext, result: LoginResult): string =>
  originalPage(c, slack, result, WORDS, (error) => ({
    path: error === null ? '/slack/manage' : '/',
    query: { slack_auth: error === null ? 'success' : 'failed' },
  }))
