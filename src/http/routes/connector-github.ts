/** GitHub's OAuth login on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { github } from '../../connectors/github'
import { appIsOn, modeOf, OAUTH_CLIENT } from '../../connectors/github/app'
import { AppError } from '../../lib/errors'
import { disconnectGithub, disconnectInput } from '../../services/connectors/github-app'
import { isInstallation } from '../../services/connectors/github-accounts'
import { settingsOf, type Ports } from '../../services/connectors/ports'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import type { App } from '../env'
import { finishLogin } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { beginOriginal, windowAfter } from '../original-login'

const isConfigured = (ports: Ports): boolean =>
  Object.values(OAUTH_CLIENT).every((name) => ports.setting(name) !== null)

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
      return windowAfter(c, github, await finishLogin(c, github))
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
          mode: z.enum(['app', 'oauth', 'hybrid']),
          app_enabled: z.boolean(),
          oauth_enabled: z.boolean(),
          oauth_configured: z.boolean(),
          incident_prevention_enabled: z.literal(false),
        }),
      },
    }),
    (c) => {
      const ports = connectorPorts(c)
      const settings = settingsOf(ports, github)
      const mode = modeOf(settings)
      return c.json({
        mode,
        app_enabled: appIsOn(settings),
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
      const live = connections.filter(({ status }) => status === 'connected')
      const row = live.find(isInstallation) ?? live[0]
      return c.json(
        row === undefined
          ? { connected }
          : {
              connected,
              username: row.accountName,
              auth_method: isInstallation(row) ? ('app' as const) : ('oauth' as const),
            },
      )
    },
  )
  .on(
    ['POST', 'DELETE'],
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
    body(disconnectInput),
    async (c) => {
      const ended = await disconnectGithub(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({
        success: true as const,
        removed_installations: ended.removedInstallations,
        uninstalled_on_github: ended.uninstalled,
        uninstall_failures: ended.failures,
        oauth_token_removed: ended.tokenRemoved,
      })
    },
  )

/** @throws AppError where this deployment has no login at GitHub */
function checkLogin(ports: Ports): void {
  if (modeOf(settingsOf(ports, github)) === 'app')
    throw new AppError('not_found', 'GitHub OAuth is disabled', {
      body: { error_code: 'GITHUB_OAUTH_DISABLED' },
    })
  if (!isConfigured(ports))
    throw new AppError('validation_failed', 'GitHub OAuth is not configured', {
      body: { error_code: 'GITHUB_NOT_CONFIGURED' },
    })
}
