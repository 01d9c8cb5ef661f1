/** OVHcloud's login, status and disconnect on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { ovh } from '../../connectors/ovh'
import { details, REGIONS } from '../../connectors/ovh/details'
import { AppError } from '../../lib/errors'
import { text } from '../../lib/fields'
import { loginError, type LoginResult } from '../../services/connectors/login'
import { disconnect } from '../../services/connectors/disconnect'
import { initiateInput, refreshOvh } from '../../services/connectors/ovh'
import { readStatus } from '../../services/connectors/status'
import { disconnectAnswer, showDisconnected } from '../answers/connectors'
import { endpoint, SMALL } from '../connector-endpoint'
import type { App, AppContext } from '../env'
import { finishLogin, finishPosted, withParameters } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { beginOriginal, originalPage } from '../original-login'

const BASE = '/ovh_api/ovh'
const MISSING = 'Missing code or state parameter'

export const connectorOvh = new Hono<App>()
  .post(
    `${BASE}/oauth2/initiate`,
    endpoint({
      summary: 'Begin a login at OVHcloud',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ authorizationUrl: z.url(), state: z.string() }) },
      errors: ['validation_failed', 'provider_not_configured'],
    }),
    body(initiateInput),
    async (c) => {
      const { endpoint, projectId = null } = c.req.valid('json')
      const { client } = REGIONS[endpoint]
      const ports = connectorPorts(c)
      if (ports.setting(client.id) === null || ports.setting(client.secret) === null)
        throw new AppError('provider_not_configured', `OAuth2 not configured for ${endpoint}`, {
          body: { hint: `Set ${client.id} and ${client.secret} on this deployment.` },
        })
      const authorizationUrl = await beginOriginal(c, ovh, { endpoint, note: projectId })
      return c.json({ authorizationUrl, state: new URL(authorizationUrl).searchParams.get('state') ?? '' })
    },
  )
  .get(
    `${BASE}/oauth2/callback`,
    endpoint({
      summary: 'Where OVHcloud sends the browser after a login',
      who: 'public',
      bucket: null,
      answers: { 302: null },
      errors: ['rate_limited'],
    }),
    async (c) => {
      return c.redirect(afterLogin(c, await finishLogin(c, ovh)))
    },
  )
  .post(
    `${BASE}/oauth2/callback`,
    endpoint({
      summary: 'Complete a login at OVHcloud with what the browser brought back',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({
          status: z.literal('success'),
          message: z.string(),
          endpoint: z.string(),
          hasRefreshToken: z.literal(true),
          expiresIn: z.number().nullable(),
        }),
      },
      errors: ['validation_failed', 'oauth_state_invalid', 'credential_refused', 'upstream_error'],
    }),
    body(z.object({ code: text({ error: MISSING, max: 2000 }), state: text({ error: MISSING, max: 500 }) })),
    async (c) => {
      const result = withParameters(await finishPosted(c, ovh, c.req.valid('json')))
      if (result.kind === 'failed')
        throw result.reason === 'invalid_state'
          ? new AppError('oauth_state_invalid', 'Invalid or expired state token')
          : loginError(result.reason)
      return c.json({
        status: 'success' as const,
        message: 'OVHcloud connected successfully',
        endpoint: result.kind === 'connected' ? result.connection.accountId : '',
        hasRefreshToken: true as const,
        expiresIn: result.kind === 'connected' ? result.expiresIn : null,
      })
    },
  )
  .post(
    `${BASE}/oauth2/refresh`,
    endpoint({
      summary: "Fetch a new access for OVHcloud's API",
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ status: z.literal('success'), expiresIn: z.int() }) },
      errors: ['not_found', 'reconnect_required', 'vendor_rate_limited', 'upstream_error'],
    }),
    async (c) =>
      c.json({ status: 'success' as const, expiresIn: await refreshOvh(c.var.ctx, connectorPorts(c)) }),
  )
  .get(
    `${BASE}/status`,
    endpoint({
      summary: 'Whether OVHcloud is connected',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({ connected: z.boolean(), endpoint: z.string().nullable(), hasProjects: z.boolean() }),
      },
    }),
    async (c) => {
      const validate = c.req.query('validate') === 'true'
      const { connected, connections } = await readStatus(c.var.ctx, connectorPorts(c), ovh, validate)
      const row = connections.find(({ status }) => status === 'connected')
      return c.json({
        connected,
        ...(row === undefined ? { endpoint: null, hasProjects: false } : details.parse(row.publicJson)),
      })
    },
  )
  .on(
    ['POST', 'DELETE'],
    `${BASE}/disconnect`,
    endpoint({
      summary: 'Disconnect OVHcloud',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: disconnectAnswer.extend({ status: z.literal('disconnected') }) },
    }),
    async (c) => {
      const ended = await disconnect(c.var.ctx, connectorPorts(c), ovh, null)
      return c.json({ ...showDisconnected(ended), status: 'disconnected' as const })
    },
  )

const WORDS = {
  invalid_state: 'invalid_state',
  access_denied: 'access_denied',
  exchange_failed: 'token_exchange_failed',
  no_refresh_token: 'token_exchange_failed',
  upstream_error: 'network_error',
  incomplete: 'missing_params',
  otherwise: 'callback_failed',
}

const afterLogin = (c: AppContext, result: LoginResult): string =>
  originalPage(c, ovh, result, WORDS, (error) => ({
    path: error === null ? '/chat' : '/ovh/onboarding',
    query: error === null ? { login: 'ovh_success' } : {},
  }))
