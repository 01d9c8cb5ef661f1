/** Logins at Google Cloud on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { gcp } from '../../connectors/gcp'
import type { LoginResult } from '../../services/connectors/login'
import { readJob } from '../../services/connectors/read-job'
import { jobAnswer, showJob } from '../answers/connector-jobs'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App, type AppContext } from '../env'
import { finishLogin, withParameters } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { pageAfter } from '../oauth-browser'
import { beginOriginal } from '../original-login'

export const connectorGcpLogin = new Hono<App>().get(
  '/gcp/setup/status/:task_id',
  endpoint({
    summary: 'How the setup after a login is doing; the first look claims the login',
    who: 'viewer',
    bucket: 'poll',
    ids: { task_id: { error: 'Task not found', code: 'not_found' } },
    answers: { 200: jobAnswer },
    errors: ['not_found'],
  }),
  async (c) => c.json(showJob(await readJob(c.var.ctx, connectorPorts(c), idOf(c, 'task_id')))),
)

for (const path of ['/login', '/gcp/login'])
  connectorGcpLogin.post(
    path,
    endpoint({
      summary: 'Begin a login at Google',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ login_url: z.url() }) },
      errors: ['identity_mismatch', 'provider_not_configured'],
    }),
    body(z.looseObject({})),
    async (c) => c.json({ login_url: await beginOriginal(c, gcp) }),
  )

const callback = endpoint({
  summary: 'Where Google sends the browser after a login',
  who: 'public',
  bucket: null,
  maxBodyBytes: SMALL,
  anyContentType: true,
  answers: { 302: null },
  errors: ['validation_failed', 'rate_limited'],
})

const back = async (c: AppContext): Promise<Response> =>
  c.redirect(afterLogin(c, withParameters(await finishLogin(c, gcp))))

for (const path of ['/callback', '/gcp/callback', '/api/auth/gcp/callback'])
  connectorGcpLogin.get(path, callback, back)
connectorGcpLogin.post('/callback', callback, back)

function afterLogin(c: AppContext, result: Exclude<LoginResult, { kind: 'incomplete' }>): string {
  const ports = connectorPorts(c)
  if (result.origin?.style === 'uniform') return pageAfter(ports, gcp.id, result)
  const page = new URL('/chat', `${ports.frontendBase}/`)
  page.search = new URLSearchParams(outcomeOf(result)).toString()
  return page.href
}

const FAILED = new Set(['access_denied', 'exchange_failed'])

function outcomeOf(result: Exclude<LoginResult, { kind: 'incomplete' }>): Record<string, string> {
  switch (result.kind) {
    case 'failed':
      return { login: FAILED.has(result.reason) ? 'failed' : 'gcp_failed', reason: result.reason }
    case 'connected':
      return { login: 'gcp_setup_pending', ...(result.jobId === null ? {} : { task_id: result.jobId }) }
    case 'pending':
      return { login: 'gcp_setup_pending', task_id: result.ticket }
    case 'owned':
      return {}
  }
}
