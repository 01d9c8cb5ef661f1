/** The role and the accounts of an AWS workspace, on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { registerMany } from '../../services/connectors/aws-bulk'
import { cleanUp, reconnectAccount, removeAccount, setRole } from '../../services/connectors/aws-roles'
import { accountsOf } from '../../services/connectors/aws-workspaces'
import { accountsAnswer, showAccounts } from '../answers/connector-aws'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { WORKSPACE, workspaceId } from './connector-aws'

const done = z.object({ success: z.literal(true), message: z.string() })
const proofErrors = [
  'not_found',
  'validation_failed',
  'credential_refused',
  'role_not_protected',
  'conflict',
  'vendor_rate_limited',
  'upstream_error',
  'provider_not_configured',
] as const
/** Bodies are judged once the workspace is found. */
const anyBody = z.looseObject({})

const accountOf = (c: AppContext): string => c.req.param('account') ?? ''

const listing = (summary: string) =>
  endpoint({
    summary,
    who: 'viewer',
    bucket: 'default',
    ids: workspaceId,
    answers: { 200: accountsAnswer },
    errors: ['not_found'],
  })

export const connectorAwsAccounts = new Hono<App>()
  .post(
    `${WORKSPACE}/role`,
    endpoint({
      summary: 'Register a role, which must be protected by the External ID',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids: workspaceId,
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ ok: z.literal(true) }) },
      errors: proofErrors,
    }),
    body(anyBody),
    async (c) => {
      await setRole(c.var.ctx, connectorPorts(c), idOf(c, 'id'), c.req.valid('json'))
      return c.json({ ok: true as const })
    },
  )
  .post(
    `${WORKSPACE}/cleanup`,
    endpoint({
      summary: 'Disconnect every account of the workspace',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      ids: workspaceId,
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: ['not_found'],
    }),
    async (c) => {
      const count = await cleanUp(c.var.ctx, connectorPorts(c), idOf(c, 'id'))
      return c.json({ success: true as const, message: `${count} AWS connection(s) removed` })
    },
  )
  .get(`${WORKSPACE}/accounts`, listing('Accounts of the workspace'), async (c) =>
    c.json(showAccounts((await accountsOf(c.var.ctx, idOf(c, 'id'))).live)),
  )
  .get(
    `${WORKSPACE}/accounts/inactive`,
    listing('Accounts of the workspace that were disconnected'),
    async (c) => c.json(showAccounts((await accountsOf(c.var.ctx, idOf(c, 'id'))).inactive)),
  )
  .post(
    `${WORKSPACE}/accounts/bulk`,
    endpoint({
      summary: 'Register many accounts',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids: workspaceId,
      maxBodyBytes: SMALL,
      answers: {
        200: z.object({
          results: z.array(
            z.object({ accountId: z.string(), success: z.boolean(), error: z.string().optional() }),
          ),
          succeeded: z.int(),
          failed: z.int(),
        }),
      },
      errors: proofErrors,
    }),
    body(anyBody),
    async (c) => {
      const results = await registerMany(c.var.ctx, connectorPorts(c), idOf(c, 'id'), c.req.valid('json'))
      const succeeded = results.filter(({ success }) => success).length
      return c.json({ results, succeeded, failed: results.length - succeeded })
    },
  )
  .post(
    `${WORKSPACE}/accounts/:account/reconnect`,
    endpoint({
      summary: 'Register an account again that was disconnected',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids: workspaceId,
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: proofErrors,
    }),
    async (c) => {
      await reconnectAccount(c.var.ctx, connectorPorts(c), idOf(c, 'id'), accountOf(c))
      return c.json({ success: true as const, message: 'Account reconnected successfully' })
    },
  )
  .delete(
    `${WORKSPACE}/accounts/:account`,
    endpoint({
      summary: 'Disconnect an account',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      ids: workspaceId,
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: ['not_found'],
    }),
    async (c) => {
      await removeAccount(c.var.ctx, connectorPorts(c), idOf(c, 'id'), accountOf(c))
      return c.json({ success: true as const, message: 'Account disconnected successfully' })
    },
  )
