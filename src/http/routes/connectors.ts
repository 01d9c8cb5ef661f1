/** Connectors: one family of endpoints for every provider. */
import { Hono } from 'hono'
import * as z from 'zod'
import { connectors as registry, findConnector } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import { AppError } from '../../lib/errors'
import { authorizeInput, beginLogin } from '../../services/connectors/begin-login'
import { connectAccount } from '../../services/connectors/connect'
import { disconnect } from '../../services/connectors/disconnect'
import { beginInstall, installsApp } from '../../services/connectors/github-app'
import { readJob } from '../../services/connectors/read-job'
import { listResources, selectionInput, selectResources } from '../../services/connectors/resources'
import { readAllStatus, readStatus } from '../../services/connectors/status'
import { jobAnswer, showJob } from '../answers/connector-jobs'
import {
  allStatusAnswer,
  authorizeAnswer,
  catalogueAnswer,
  connectAnswer,
  disconnectAnswer,
  resourcesAnswer,
  showAllStatus,
  showConnection,
  showConnector,
  showDisconnected,
  showLogin,
  showResources,
  showStatus,
  statusAnswer,
} from '../answers/connectors'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors, vendorErrors } from '../connector-errors'
import { idOf, type App, type AppContext } from '../env'
import { finishLogin, withParameters } from '../finish-login'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { bindBrowser, pageAfter } from '../oauth-browser'

const validateQuery = z.object({ validate: z.string().optional() })

/** The provider of the path. @throws AppError unknown_provider */
const providerOf = (c: AppContext): Connector => {
  const connector = findConnector(c.req.param('provider') ?? '')
  if (connector === null) throw new AppError('unknown_provider', 'Unknown provider')
  return connector
}

export const connectors = new Hono<App>()
  .get(
    '/api/connectors',
    endpoint({
      summary: 'Every provider with what its connect form asks for',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: catalogueAnswer },
    }),
    (c) => {
      const ports = connectorPorts(c)
      return c.json({ connectors: registry.map((connector) => showConnector(ports, connector)) })
    },
  )
  .get(
    '/api/connectors/status',
    endpoint({
      summary: 'Which providers are connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: allStatusAnswer },
    }),
    query(validateQuery),
    async (c) => {
      const validate = c.req.valid('query').validate === 'true'
      return c.json(showAllStatus(await readAllStatus(c.var.ctx, connectorPorts(c), validate)))
    },
  )
  .get(
    '/api/connectors/jobs/:id',
    endpoint({
      summary: 'How a job of a connection is doing; the first look claims a login',
      who: 'viewer',
      bucket: 'poll',
      ids: { id: { error: 'Task not found', code: 'not_found' } },
      answers: { 200: jobAnswer },
      errors: ['not_found'],
    }),
    async (c) => c.json(showJob(await readJob(c.var.ctx, connectorPorts(c), idOf(c, 'id')))),
  )
  .post(
    '/api/connectors/:provider/connect',
    endpoint({
      summary: 'Connect with a credential, which the provider confirms first',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: connectAnswer },
      errors: ['unknown_provider', ...connectErrors],
    }),
    body(z.looseObject({})),
    async (c) => {
      const made = await connectAccount(c.var.ctx, connectorPorts(c), providerOf(c), c.req.valid('json'))
      return c.json({
        success: true as const,
        connection: made.kind === 'connection' ? showConnection(made.connection) : null,
      })
    },
  )
  .post(
    '/api/connectors/:provider/authorize',
    endpoint({
      summary: 'Begin a login at the provider',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: authorizeAnswer },
      errors: ['unknown_provider', 'validation_failed', 'provider_not_configured'],
    }),
    body(authorizeInput),
    async (c) => {
      const { redirect_after = null, endpoint = null, products = [] } = c.req.valid('json')
      const [ports, connector] = [connectorPorts(c), providerOf(c)]
      const origin = { style: 'uniform', redirectAfter: redirect_after } as const
      const login = installsApp(ports, connector)
        ? await beginInstall(c.var.ctx, ports, origin)
        : await beginLogin(c.var.ctx, ports, connector, {
            endpoint,
            origin: { ...origin, products, note: null },
          })
      bindBrowser(c, login)
      return c.json(showLogin(login))
    },
  )
  .get(
    '/api/connectors/:provider/callback',
    endpoint({
      summary: 'Where the provider sends the browser after a login',
      who: 'public',
      bucket: null,
      answers: { 302: null },
      errors: ['validation_failed', 'unknown_provider', 'rate_limited'],
    }),
    async (c) => {
      const connector = providerOf(c)
      const result = await finishLogin(c, connector)
      return c.redirect(pageAfter(connectorPorts(c), connector.id, withParameters(result)))
    },
  )
  .get(
    '/api/connectors/:provider/status',
    endpoint({
      summary: 'The connections of a provider',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
      errors: ['unknown_provider'],
    }),
    query(validateQuery),
    async (c) => {
      const connector = providerOf(c)
      const validate = c.req.valid('query').validate === 'true'
      return c.json(
        showStatus(connector, await readStatus(c.var.ctx, connectorPorts(c), connector, validate)),
      )
    },
  )
  .get(
    '/api/connectors/:provider/resources',
    endpoint({
      summary: 'What the connection sees, with what was chosen of it',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: resourcesAnswer },
      errors: ['unknown_provider', ...vendorErrors],
    }),
    query(z.object({ cursor: z.string().max(2000).optional(), account_id: z.string().max(500).optional() })),
    async (c) => {
      const { cursor = null, account_id = null } = c.req.valid('query')
      const page = await listResources(c.var.ctx, connectorPorts(c), providerOf(c), {
        cursor,
        accountId: account_id,
      })
      return c.json(showResources(page))
    },
  )
  .put(
    '/api/connectors/:provider/selection',
    endpoint({
      summary: 'Choose resources',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true) }) },
      errors: ['unknown_provider', 'validation_failed', 'not_connected'],
    }),
    body(selectionInput),
    async (c) => {
      await selectResources(c.var.ctx, providerOf(c), c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
  .post(
    '/api/connectors/:provider/disconnect',
    endpoint({
      summary: 'Revoke and forget a credential',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: disconnectAnswer },
      errors: ['unknown_provider', 'validation_failed'],
    }),
    body(
      z.object({
        account_id: z.string({ error: 'Invalid account_id' }).max(500, 'Invalid account_id').nullish(),
      }),
    ),
    async (c) => {
      const { account_id = null } = c.req.valid('json')
      return c.json(
        showDisconnected(await disconnect(c.var.ctx, connectorPorts(c), providerOf(c), account_id)),
      )
    },
  )
