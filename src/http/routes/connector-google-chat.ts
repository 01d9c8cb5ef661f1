/** Google Chat on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { CREATE, googleChat } from '../../connectors/google-chat'
import { accountOf, ACCOUNT } from '../../connectors/google-chat/bot'
import { details } from '../../connectors/google-chat/details'
import { AppError } from '../../lib/errors'
import { optional } from '../../lib/fields'
import { iso } from '../../lib/time'
import type { LoginResult } from '../../services/connectors/login'
import { checkChatToken, takeChatEvent } from '../../services/connectors/google-chat'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import type { App, AppContext } from '../env'
import { finishLogin } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal, originalPage } from '../original-login'

const shown = z.object({
  connected: z.literal(true),
  has_service_account: z.boolean(),
  connected_by: z.string(),
  connected_at: z.iso.datetime(),
  incidents_space_display_name: z.string(),
})
const none = z.object({ connected: z.literal(false), has_service_account: z.boolean() })

const checked = z.object({
  configured: z.boolean(),
  hasClientId: z.boolean(),
  hasClientSecret: z.boolean(),
  hasServiceAccount: z.boolean(),
  baseUrl: z.string(),
})

/** What this deployment has of what Google Chat needs. */
function checkDeployment(c: AppContext): z.infer<typeof checked> {
  const ports = connectorPorts(c)
  const has = (name: string): boolean => ports.setting(name) !== null
  const hasClientId = has('GOOGLE_CHAT_CLIENT_ID')
  const hasClientSecret = has('GOOGLE_CHAT_CLIENT_SECRET')
  const hasServiceAccount = accountOf({ [ACCOUNT]: ports.setting(ACCOUNT) ?? undefined }) !== null
  const configured = hasClientId && hasClientSecret && hasServiceAccount
  return { configured, hasClientId, hasClientSecret, hasServiceAccount, baseUrl: ports.apiBase }
}

export const connectorGoogleChat = new Hono<App>()
  .get(
    '/google-chat/env/check',
    endpoint({
      summary: 'What this deployment has of what Google Chat needs',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: checked },
    }),
    (c) => c.json(checkDeployment(c)),
  )
  .get(
    '/google-chat',
    endpoint({
      summary: 'Whether Google Chat is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.union([shown, none]) },
    }),
    async (c) => {
      const validate = c.req.query('validate') === 'true'
      const status = await readStatus(c.var.ctx, connectorPorts(c), googleChat, validate)
      const row = status.connections.find((it) => it.status === 'connected')
      const has_service_account = checkDeployment(c).hasServiceAccount
      if (row === undefined) return c.json({ connected: false as const, has_service_account })
      return c.json({
        connected: true as const,
        has_service_account,
        connected_by: row.userId,
        connected_at: iso(row.createdAt),
        incidents_space_display_name: details.parse(row.publicJson).spaceDisplayName,
      })
    },
  )
  .post(
    '/google-chat',
    endpoint({
      summary: 'Begin a login that finds the space for incidents, or creates it when asked to',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ oauth_url: z.url() }) },
      errors: ['validation_failed', 'provider_not_configured'],
      failure: 'Failed to start Google Chat setup',
    }),
    body(z.object({ create_space: optional(z.boolean({ error: 'Invalid create_space' })) })),
    async (c) => {
      if (!checkDeployment(c).configured)
        throw new AppError('validation_failed', 'Google Chat is not configured on this deployment', {
          body: { error_code: 'GOOGLE_CHAT_NOT_CONFIGURED' },
        })
      const products = c.req.valid('json').create_space === true ? [CREATE] : []
      return c.json({ oauth_url: await beginOriginal(c, googleChat, { products }) })
    },
  )
  .delete(
    '/google-chat',
    disconnectEndpoint(googleChat),
    disconnectAll(googleChat, () => ({ message: 'Google Chat disconnected' })),
  )
  .get(
    '/google-chat/callback',
    endpoint({
      summary: 'Where Google sends the browser after a login for Google Chat',
      who: 'public',
      bucket: null,
      answers: { 302: null },
      errors: ['rate_limited'],
    }),
    async (c) => {
      return c.redirect(afterLogin(c, await finishLogin(c, googleChat)))
    },
  )
  .post(
    '/google-chat/events',
    endpoint({
      summary: 'Receive an event of Google Chat',
      who: 'public',
      bucket: null,
      maxBodyBytes: SMALL,
      anyContentType: true,
      answers: { 200: z.object({}) },
      errors: ['invalid_json', 'validation_failed', 'invalid_token', 'payload_too_large', 'upstream_error'],
    }),
    async (c) => {
      const ports = connectorPorts(c)
      await checkChatToken(ports, c.req.header('authorization') ?? '', c.var.now)
      await takeChatEvent(ports, parse(c.var.bytes), c.var.now)
      return c.json({})
    },
  )

function parse(bytes: Uint8Array | null): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()))
  } catch {
    throw new AppError('invalid_json', 'Invalid request body')
  }
}

const WORDS = {
  access_denied: 'access_denied',
  invalid_state: 'invalid_state',
  provider_error: 'oauth_error',
  exchange_failed: 'no_access_token',
  scope_missing: 'insufficient_permissions',
  forbidden: 'insufficient_permissions',
  no_resources: 'space_not_resolved',
  upstream_error: 'setup_failed',
  incomplete: 'missing_params',
  otherwise: 'callback_failed',
}

const afterLogin = (c: AppContext, result: LoginResult): string =>
  originalPage(c, googleChat, result, WORDS, (error) => ({
    path: '/google-chat/setup',
    query: error === null ? { success: 'true' } : {},
  }))
