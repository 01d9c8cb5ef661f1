/** AWS outside workspaces: registering a role by hand, what is registered, and CloudWatch's webhook. */
import { Hono } from 'hono'
import * as z from 'zod'
import { aws } from '../../connectors/aws'
import { cloudwatch } from '../../connectors/cloudwatch'
import { AppError } from '../../lib/errors'
import { iso } from '../../lib/time'
import { registerRole } from '../../services/connectors/aws-roles'
import { readWorkspace } from '../../services/connectors/aws-workspaces'
import { connectWebhooks } from '../../services/connectors/integrations'
import { disconnect } from '../../services/connectors/disconnect'
import { connectionOf } from '../../services/connectors/resources'
import { readStatus } from '../../services/connectors/status'
import { credentialsAnswer, showCredentials, showStatus, statusAnswer } from '../answers/connector-aws'
import { connectAnswer, disconnectAnswer, showConnection, showDisconnected } from '../answers/connectors'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App, AppContext } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const anyBody = z.looseObject({})
const HOUR_SECONDS = 3600
const roleErrors = [...connectErrors, 'external_id_mismatch', 'role_not_protected'] as const

export const connectorAwsRoles = new Hono<App>()

connectorAwsRoles.post(
  '/api/connectors/aws/connect',
  endpoint({
    summary: 'Register a role in the workspace `default`, with its External ID',
    who: 'editor',
    bucket: 'default',
    alsoCounts: 'connect',
    maxBodyBytes: SMALL,
    answers: { 200: connectAnswer },
    errors: roleErrors,
  }),
  body(anyBody),
  async (c) => {
    const connection = await registerRole(c.var.ctx, connectorPorts(c), c.req.valid('json'))
    return c.json({ success: true as const, connection: showConnection(connection) })
  },
)

for (const path of ['/aws/auth', '/auth'])
  connectorAwsRoles.post(
    path,
    endpoint({
      summary: 'Register a role in the workspace `default`',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({
          status: z.literal('success'),
          message: z.literal('Assume-Role successful'),
          account_id: z.string(),
          expires_at: z.iso.datetime(),
        }),
      },
      errors: roleErrors,
    }),
    body(anyBody),
    async (c) => {
      const connection = await registerRole(c.var.ctx, connectorPorts(c), c.req.valid('json')).catch(
        asOriginal,
      )
      return c.json({
        status: 'success' as const,
        message: 'Assume-Role successful' as const,
        account_id: connection.accountId,
        // The keys that are made of the role live for an hour.
        expires_at: iso(c.var.now + HOUR_SECONDS * 1000),
      })
    },
  )

const UNAUTHORIZED = new Set(['credential_refused', 'external_id_mismatch'])

/** The same refusal in the older shape, where two of them are 401. */
function asOriginal(error: unknown): never {
  if (!(error instanceof AppError)) throw error
  const { code, message, extras } = error
  throw new AppError(code, message, {
    ...extras,
    ...(UNAUTHORIZED.has(code) ? { status: 401 as const } : {}),
    body: { ...extras.body, status: 'error', message },
  })
}

const credentials = endpoint({
  summary: 'Which role is registered; there are no keys to show',
  who: 'viewer',
  bucket: 'default',
  maxBodyBytes: SMALL,
  answers: { 200: credentialsAnswer },
  errors: ['identity_mismatch', 'not_connected'],
})

const showRole = async (c: AppContext): Promise<Response> => {
  const row = await connectionOf(c.var.ctx, aws, null).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'not_connected') throw error
    throw new AppError('not_connected', 'No AWS credentials found. Please authenticate with AWS.', {
      status: 401,
      body: { action: 'CONNECT_REQUIRED' },
    })
  })
  return c.json(showCredentials(row))
}

connectorAwsRoles.get('/aws/get-credentials', credentials, showRole)
for (const path of ['/aws/get-credentials', '/get-credentials', '/aws_api/get-credentials'])
  connectorAwsRoles.post(path, credentials, body(anyBody), (c) => {
    return showRole(c)
  })

connectorAwsRoles
  .get(
    '/aws/status',
    endpoint({
      summary: 'Which AWS accounts are connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
    }),
    async (c) => {
      const status = await readStatus(c.var.ctx, connectorPorts(c), aws, false)
      return c.json(showStatus(status, await readWorkspace(c.var.ctx)))
    },
  )
  .get(
    '/aws/env/check',
    endpoint({
      summary: 'Whether this deployment can assume roles',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          configured: z.boolean(),
          hasAccessKey: z.boolean(),
          hasSecretKey: z.boolean(),
          accountId: z.string().nullable(),
        }),
      },
    }),
    (c) => {
      const { setting } = connectorPorts(c)
      const [hasAccessKey, hasSecretKey] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(
        (name) => setting(name) !== null,
      )
      const accountId = setting('AWS_ACCOUNT_ID')
      return c.json({
        configured: hasAccessKey === true && hasSecretKey === true && accountId !== null,
        hasAccessKey: hasAccessKey === true,
        hasSecretKey: hasSecretKey === true,
        accountId,
      })
    },
  )
  .get(
    '/aws/cloudwatch/status',
    endpoint({
      summary: 'Whether CloudWatch alarms are received',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ connected: z.boolean() }) },
    }),
    async (c) => {
      const { connected } = await readStatus(c.var.ctx, connectorPorts(c), cloudwatch, false)
      return c.json({ connected })
    },
  )
  .post(
    '/aws/cloudwatch/connect',
    endpoint({
      summary: 'Receive CloudWatch alarms',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ success: z.literal(true), message: z.string() }) },
    }),
    async (c) => {
      await connectWebhooks(c.var.ctx, cloudwatch)
      return c.json({ success: true as const, message: 'CloudWatch connected successfully' })
    },
  )
  .on(
    ['POST', 'DELETE'],
    '/aws/cloudwatch/disconnect',
    endpoint({
      summary: 'Receive no CloudWatch alarms any more',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: disconnectAnswer },
    }),
    async (c) => c.json(showDisconnected(await disconnect(c.var.ctx, connectorPorts(c), cloudwatch, null))),
  )
