/** GitHub's OAuth login on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { hasClient } from '../../connectors/connector'
import { github } from '../../connectors/github'
import { AppError } from '../../lib/errors'
import { disconnect } from '../../services/connectors/disconnect'
import { settingsOf, type Ports } from '../../services/connectors/ports'
import { readStatus } from '../../services/connectors/status'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { countCallback } from '../middleware/attempts'
import { connectorPorts } from '../middleware/tenant'
import { beginOriginal, finishOriginal, windowAfter } from '../original-login'
import { SMALL } from './connectors'

const MODES = ['app', 'oauth', 'hybrid'] as const
type Mode = (typeof MODES)[number]

/** How this deployment connects to GitHub; App installations unless it says otherwise. */
const modeOf = (ports: Ports): Mode =>
  MODES.find((mode) => mode === ports.setting('GITHUB_AUTH_MODE')) ?? 'app'
const isConfigured = (ports: Ports): boolean =>
  github.oauth !== null && hasClient(github.oauth, settingsOf(ports, github), null)

export const connectorGithub = new Hono<App>()
  .post(
    '/github/login',
    endpoint({
      summary: 'Begin a login at GitHub',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ oauth_url: z.url(), message: z.string() }) },
      errors: ['validation_failed', 'not_found', 'provider_not_configured'],
    }),
    async (c) => {
      const ports = connectorPorts(c)
      checkLogin(ports)
      const oauth_url = await beginOriginal(c, github)
      return c.json({ oauth_url, message: 'Redirect to GitHub for authentication' })
    },
  )
  .get(
    '/github/callback',
    endpoint({
      summary: 'Where GitHub sends the browser after a login',
      who: 'public',
      bucket: null,
      answers: { 200: null, 302: null },
      asText: 'text/html',
      errors: ['rate_limited'],
    }),
    async (c) => {
      await countCallback(c)
      return windowAfter(c, github, await finishOriginal(c, github))
    },
  )
  .get(
    '/github/auth-config',
    endpoint({
      summary: 'How this deployment connects to GitHub',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          mode: z.enum(MODES),
          app_enabled: z.boolean(),
          oauth_enabled: z.boolean(),
          oauth_configured: z.boolean(),
          incident_prevention_enabled: z.literal(false),
        }),
      },
    }),
    (c) => {
      const ports = connectorPorts(c)
      const mode = modeOf(ports)
      return c.json({
        mode,
        app_enabled: mode !== 'oauth' && ports.setting('GITHUB_APP_ID') !== null,
        oauth_enabled: mode !== 'app',
        oauth_configured: isConfigured(ports),
        incident_prevention_enabled: false as const,
      })
    },
  )
  .get(
    '/github/status',
    endpoint({
      summary: 'Whether GitHub is connected',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          connected: z.boolean(),
          username: z.string().optional(),
          auth_method: z.enum(['app', 'oauth']).optional(),
        }),
      },
    }),
    async (c) => {
      const { connected, connections } = await readStatus(c.var.ctx, connectorPorts(c), github, false)
      const row = connections.find(({ status }) => status === 'connected')
      return c.json(
        row === undefined
          ? { connected }
          : { connected, username: row.accountName, auth_method: 'oauth' as const },
      )
    },
  )
  .post(
    '/github/disconnect',
    endpoint({
      summary: 'Disconnect GitHub',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({
          success: z.literal(true),
          removed_installations: z.int(),
          uninstalled_on_github: z.int(),
          uninstall_failures: z.int(),
          oauth_token_removed: z.boolean(),
        }),
      },
    }),
    async (c) => {
      const ended = await disconnect(c.var.ctx, connectorPorts(c), github, null)
      return c.json({
        success: true as const,
        removed_installations: 0,
        uninstalled_on_github: 0,
        uninstall_failures: 0,
        oauth_token_removed: ended.disconnected.length > 0,
      })
    },
  )

/** @throws AppError where this deployment has no login at GitHub */
function checkLogin(ports: Ports): void {
  if (modeOf(ports) === 'app')
    throw new AppError('not_found', 'GitHub OAuth is disabled', {
      body: { error_code: 'GITHUB_OAUTH_DISABLED' },
    })
  if (!isConfigured(ports))
    throw new AppError('validation_failed', 'GitHub OAuth is not configured', {
      body: { error_code: 'GITHUB_NOT_CONFIGURED' },
    })
}
