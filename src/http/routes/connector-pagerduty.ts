/** PagerDuty on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { hasClient } from '../../connectors/connector'
import { pagerduty } from '../../connectors/pagerduty'
import { AppError } from '../../lib/errors'
import { text } from '../../lib/fields'
import type { LoginResult } from '../../services/connectors/login'
import { connectAccount } from '../../services/connectors/connect'
import { settingsOf, type Ports } from '../../services/connectors/ports'
import { readStatus } from '../../services/connectors/status'
import {
  pagerdutyConnected,
  pagerdutyStatus,
  showPagerduty,
  showPagerdutyConnected,
} from '../answers/connector-pagerduty'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App, AppContext } from '../env'
import { finishLogin } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal, originalPage } from '../original-login'

const isConfigured = (ports: Ports): boolean =>
  pagerduty.oauth !== null && hasClient(pagerduty.oauth, settingsOf(ports, pagerduty), null)

export const connectorPagerduty = new Hono<App>()
  .get(
    '/pagerduty',
    endpoint({
      summary: 'Whether PagerDuty is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: pagerdutyStatus },
    }),
    async (c) =>
      c.json(
        showPagerduty(
          await readStatus(c.var.ctx, connectorPorts(c), pagerduty, c.req.query('validate') === 'true'),
        ),
      ),
  )
  .post(
    '/pagerduty',
    endpoint({
      summary: 'Connect PagerDuty with an API token',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: pagerdutyConnected },
      errors: connectErrors,
      failure: 'Failed to store PagerDuty credentials',
    }),
    body(z.looseObject({})),
    async (c) => {
      const made = await connectAccount(c.var.ctx, connectorPorts(c), pagerduty, c.req.valid('json'), true)
      return c.json(showPagerdutyConnected(made))
    },
  )
  .patch(
    '/pagerduty',
    endpoint({
      summary: 'Replace the API token of PagerDuty',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: pagerdutyConnected },
      errors: [...connectErrors, 'not_connected'],
      failure: 'Failed to store PagerDuty credentials',
    }),
    body(z.object({ token: text({ error: 'Token required', max: 500 }) })),
    async (c) => {
      const ports = connectorPorts(c)
      const { connections } = await readStatus(c.var.ctx, ports, pagerduty, false)
      const displayName = namedToken(connections[0]?.publicJson)
      const form = { token: c.req.valid('json').token, displayName }
      return c.json(showPagerdutyConnected(await connectAccount(c.var.ctx, ports, pagerduty, form, true)))
    },
  )
  .delete('/pagerduty', disconnectEndpoint(pagerduty), disconnectAll(pagerduty))
  .post(
    '/pagerduty/oauth/login',
    endpoint({
      summary: 'Begin a login at PagerDuty',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ oauth_url: z.url() }) },
      errors: ['feature_disabled', 'provider_not_configured'],
    }),
    async (c) => {
      if (!isConfigured(connectorPorts(c)))
        throw new AppError('feature_disabled', 'PagerDuty OAuth is not enabled')
      return c.json({ oauth_url: await beginOriginal(c, pagerduty) })
    },
  )
  .get(
    '/pagerduty/oauth/callback',
    endpoint({
      summary: 'Where PagerDuty sends the browser after a login',
      who: 'public',
      bucket: null,
      answers: { 302: null },
      errors: ['rate_limited'],
    }),
    async (c) => {
      return c.redirect(afterLogin(c, await finishLogin(c, pagerduty)))
    },
  )

/** The name that a token was connected under. @throws AppError where there is no token to replace */
function namedToken(details: Readonly<Record<string, unknown>> | undefined): string | null {
  if (details === undefined) throw new AppError('not_connected', 'Not connected')
  if (details['authType'] === 'oauth') throw new AppError('validation_failed', 'Cannot rotate OAuth tokens')
  return typeof details['displayName'] === 'string' ? details['displayName'] : null
}

const WORDS = {
  access_denied: 'access_denied',
  invalid_state: 'invalid',
  exchange_failed: 'exchange_failed',
  upstream_error: 'exchange_failed',
  identity_invalid: 'validation_failed',
  scope_missing: 'validation_failed',
  no_refresh_token: 'validation_failed',
  forbidden: 'validation_failed',
  incomplete: 'invalid',
  otherwise: 'unexpected',
}

const afterLogin = (c: AppContext, result: LoginResult): string =>
  originalPage(c, pagerduty, result, WORDS, (error) => ({
    path: '/pagerduty/auth/callback',
    query: { oauth: error === null ? 'success' : 'failed' },
  }))
