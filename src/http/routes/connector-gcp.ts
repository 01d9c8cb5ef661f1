/** Google Cloud on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { gcp } from '../../connectors/gcp'
import { AppError } from '../../lib/errors'
import { beginLogin } from '../../services/connectors/begin-login'
import { completeLogin, type LoginResult } from '../../services/connectors/complete-login'
import { connectAccount } from '../../services/connectors/connect'
import { disconnect } from '../../services/connectors/disconnect'
import {
  chooseProjects,
  chooseRoot,
  chosenProjects,
  googleRoot,
  listGoogleProjects,
  readRootProject,
  retryInput,
  retrySetup,
  rootInput,
} from '../../services/connectors/gcp-projects'
import { readJob } from '../../services/connectors/jobs'
import { readStatus } from '../../services/connectors/status'
import {
  accessAnswer,
  projectsAnswer,
  serviceAccountAnswer,
  showAccess,
  showProjects,
  showStatus,
  statusAnswer,
} from '../answers/connector-gcp'
import { jobAnswer, showJob } from '../answers/connector-jobs'
import { disconnectAnswer, showDisconnected } from '../answers/connectors'
import { endpoint } from '../connector-endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body } from '../input'
import { countCallback } from '../middleware/attempts'
import { connectorPorts } from '../middleware/tenant'
import { bindBrowser, browserOf, pageAfter } from '../oauth-browser'
import { complete, connectErrors, SMALL } from './connectors'

const vendorErrors = [
  'not_connected',
  'reconnect_required',
  'insufficient_permission',
  'vendor_rate_limited',
  'upstream_error',
] as const
const anyBody = z.looseObject({})

export const connectorGcp = new Hono<App>()

for (const path of ['/login', '/gcp/login'])
  connectorGcp.post(
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
    body(anyBody),
    async (c) => {
      const login = await beginLogin(c.var.ctx, connectorPorts(c), gcp, {
        origin: { style: 'original', redirectAfter: null, products: [], note: null },
      })
      bindBrowser(c, login)
      return c.json({ login_url: login.authorizationUrl })
    },
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

const back = async (c: AppContext): Promise<Response> => {
  await countCallback(c)
  const given = parametersOf(c)
  const result = await completeLogin(
    connectorPorts(c),
    gcp,
    { code: given('code'), state: given('state'), error: given('error'), issuer: given('iss') },
    browserOf(c),
    c.var.now,
  )
  return c.redirect(afterLogin(c, complete(result)))
}

for (const path of ['/callback', '/gcp/callback', '/api/auth/gcp/callback'])
  connectorGcp.get(path, callback, back)
connectorGcp.post('/callback', callback, back)

/** From the query, or from the form that was posted. */
function parametersOf(c: AppContext): (name: string) => string | null {
  const { bytes } = c.var
  const form = bytes === null ? null : new URLSearchParams(new TextDecoder().decode(bytes))
  return (name) => (form === null ? c.req.query(name) : form.get(name)) || null
}

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

connectorGcp
  .get(
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
  .get(
    '/gcp/status',
    endpoint({
      summary: 'Whether Google Cloud is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
    }),
    async (c) => {
      const status = await readStatus(c.var.ctx, connectorPorts(c), gcp, false)
      return c.json(showStatus(status, await googleRoot(c.var.ctx, status.connections[0] ?? null)))
    },
  )
  .post(
    '/api/gcp/service-account/connect',
    endpoint({
      summary: 'Connect Google Cloud with the key of a service account',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: serviceAccountAnswer },
      errors: connectErrors,
    }),
    body(anyBody),
    async (c) => {
      const ports = connectorPorts(c)
      const made = await connectAccount(c.var.ctx, ports, gcp, c.req.valid('json'))
      const details = made.kind === 'connection' ? made.connection.publicJson : {}
      const own = String(details['defaultProjectId'])
      const { projects } = await listGoogleProjects(c.var.ctx, ports, false).catch((error: unknown) => {
        // It is connected; that the list failed now is no reason to say otherwise.
        if (error instanceof AppError) return { projects: [] }
        throw error
      })
      return c.json({
        success: true as const,
        email: String(details['email']),
        default_project_id: own,
        accessible_projects:
          projects.length === 0
            ? [{ project_id: own, name: own }]
            : projects.map(({ projectId, name }) => ({ project_id: projectId, name })),
      })
    },
  )
  .post(
    '/gcp/post-auth-retry',
    endpoint({
      summary: 'Set up again with the projects that were chosen',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ status: z.literal('started'), task_id: z.uuid() }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(retryInput),
    async (c) =>
      c.json({
        status: 'started' as const,
        task_id: await retrySetup(c.var.ctx, connectorPorts(c), c.req.valid('json')),
      }),
  )
  .post(
    '/api/gcp/force-disconnect',
    endpoint({
      summary: 'Revoke and forget the Google Cloud credential',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: disconnectAnswer },
      errors: ['identity_mismatch'],
      failure: 'Failed to disconnect GCP',
    }),
    body(anyBody),
    async (c) => {
      const ended = await disconnect(c.var.ctx, connectorPorts(c), gcp, null)
      return c.json({ ...showDisconnected(ended), message: 'GCP disconnected successfully' })
    },
  )
  .post(
    '/api/gcp/projects',
    endpoint({
      summary: 'Projects of the Google account with their billing',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: projectsAnswer },
      errors: ['identity_mismatch', ...vendorErrors],
    }),
    body(anyBody),
    async (c) => {
      return c.json(showProjects(await listGoogleProjects(c.var.ctx, connectorPorts(c), true)))
    },
  )
  .get(
    '/api/gcp/sa-project-access',
    endpoint({
      summary: 'Projects with what was chosen of them',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: accessAnswer },
      errors: vendorErrors,
    }),
    async (c) => c.json(showAccess(await listGoogleProjects(c.var.ctx, connectorPorts(c), false))),
  )
  .post(
    '/api/gcp/sa-project-access',
    endpoint({
      summary: 'Choose projects; no IAM policy is touched',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true) }) },
      errors: ['validation_failed', 'not_connected'],
    }),
    body(chosenProjects),
    async (c) => {
      await chooseProjects(c.var.ctx, c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
  .get(
    '/api/gcp/root-project',
    endpoint({
      summary: 'The root project',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ root_project: z.string().nullable(), service_accounts: z.null() }) },
      errors: ['not_connected'],
    }),
    async (c) => c.json({ root_project: await readRootProject(c.var.ctx), service_accounts: null }),
  )
  .post(
    '/api/gcp/root-project',
    endpoint({
      summary: 'Choose the root project',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: {
        202: z.object({
          success: z.literal(true),
          preference_saved: z.literal(true),
          service_account_setup: z.literal('pending'),
          root_project: z.string(),
          task_id: z.uuid(),
          message: z.string(),
        }),
      },
      errors: ['validation_failed', ...vendorErrors],
    }),
    body(rootInput),
    async (c) => {
      const { root, taskId } = await chooseRoot(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json(
        {
          success: true as const,
          preference_saved: true as const,
          service_account_setup: 'pending' as const,
          root_project: root,
          task_id: taskId,
          message: 'Root project saved. Access to it is being verified.',
        },
        202,
      )
    },
  )
  .post(
    '/billing',
    endpoint({
      summary: 'Whether a project has billing enabled',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.literal('Billing successful') }) },
      errors: ['not_found', ...vendorErrors],
    }),
    body(anyBody),
    async (c) => {
      const { projects } = await listGoogleProjects(c.var.ctx, connectorPorts(c), true)
      if (projects.some(({ billingEnabled }) => billingEnabled))
        return c.json({ message: 'Billing successful' as const })
      const message = 'No project with billing enabled was found'
      throw new AppError('not_found', message, { body: { message } })
    },
  )
