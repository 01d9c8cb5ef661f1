/** AWS on the paths of the original product: workspaces, their roles and accounts. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  cleanUp,
  reconnectAccount,
  registerMany,
  removeAccount,
  setRole,
} from '../../services/connectors/aws-roles'
import { quickCreateLink, roleTemplate } from '../../services/connectors/aws-templates'
import {
  accountsOf,
  createWorkspace,
  listWorkspaces,
  workspaceInput,
} from '../../services/connectors/aws-workspaces'
import { REGIONS } from '../../connectors/aws/regions'
import { ROLE_TYPES } from '../../connectors/aws/template'
import {
  accountsAnswer,
  linksAnswer,
  showAccounts,
  showLinks,
  showWorkspace,
  showWorkspaceStatus,
  workspaceAnswer,
  workspaceStatusAnswer,
} from '../answers/connector-aws'
import { endpoint } from '../connector-endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { SMALL } from './connectors'

const ids = { id: { error: 'Workspace not found', code: 'not_found' } } as const
const uid = { uid: { error: 'Access denied', code: 'not_found' } } as const
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
const WS = '/workspaces/:id/aws'

const accountOf = (c: AppContext): string => c.req.param('account') ?? ''

export const connectorAws = new Hono<App>()
  .get(
    '/users/:uid/workspaces',
    endpoint({
      summary: 'Workspaces for AWS accounts; one named `default` is made when there is none',
      who: 'viewer',
      bucket: 'default',
      ids: uid,
      answers: { 200: z.object({ workspaces: z.array(workspaceAnswer) }) },
      errors: ['forbidden', 'not_found'],
    }),
    async (c) => {
      const rows = await listWorkspaces(c.var.ctx, idOf(c, 'uid'))
      return c.json({ workspaces: rows.map(showWorkspace) })
    },
  )
  .post(
    '/users/:uid/workspaces',
    endpoint({
      summary: 'The workspace of this name, made when there is none',
      who: 'editor',
      bucket: 'default',
      ids: uid,
      maxBodyBytes: SMALL,
      answers: { 200: workspaceAnswer },
      errors: ['forbidden', 'not_found', 'validation_failed', 'conflict'],
    }),
    body(workspaceInput),
    async (c) => c.json(showWorkspace(await createWorkspace(c.var.ctx, idOf(c, 'uid'), c.req.valid('json')))),
  )
  .get(
    `${WS}/links`,
    endpoint({
      summary: 'What a role of this workspace must trust',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: linksAnswer },
      errors: ['not_found'],
    }),
    async (c) =>
      c.json(
        showLinks(await accountsOf(c.var.ctx, idOf(c, 'id')), connectorPorts(c).setting('AWS_ACCOUNT_ID')),
      ),
  )
  .get(
    `${WS}/status`,
    endpoint({
      summary: 'Whether the workspace has a role',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: workspaceStatusAnswer },
      errors: ['not_found'],
    }),
    async (c) => c.json(showWorkspaceStatus(await accountsOf(c.var.ctx, idOf(c, 'id')))),
  )
  .post(
    `${WS}/role`,
    endpoint({
      summary: 'Register a role, which must be protected by the External ID',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids,
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
    `${WS}/cleanup`,
    endpoint({
      summary: 'Disconnect every account of the workspace',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      ids,
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: ['not_found'],
    }),
    async (c) => {
      const count = await cleanUp(c.var.ctx, connectorPorts(c), idOf(c, 'id'))
      return c.json({ success: true as const, message: `${count} AWS connection(s) removed` })
    },
  )
  .get(
    `${WS}/accounts`,
    endpoint({
      summary: 'Accounts of the workspace',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: accountsAnswer },
      errors: ['not_found'],
    }),
    async (c) => c.json(showAccounts((await accountsOf(c.var.ctx, idOf(c, 'id'))).live)),
  )
  .get(
    `${WS}/accounts/inactive`,
    endpoint({
      summary: 'Accounts of the workspace that were disconnected',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: accountsAnswer },
      errors: ['not_found'],
    }),
    async (c) => c.json(showAccounts((await accountsOf(c.var.ctx, idOf(c, 'id'))).inactive)),
  )
  .post(
    `${WS}/accounts/bulk`,
    endpoint({
      summary: 'Register many accounts',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids,
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
    `${WS}/accounts/:account/reconnect`,
    endpoint({
      summary: 'Register an account again that was disconnected',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      ids,
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
    `${WS}/accounts/:account`,
    endpoint({
      summary: 'Disconnect an account',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      ids,
      maxBodyBytes: SMALL,
      answers: { 200: done },
      errors: ['not_found'],
    }),
    async (c) => {
      await removeAccount(c.var.ctx, connectorPorts(c), idOf(c, 'id'), accountOf(c))
      return c.json({ success: true as const, message: 'Account disconnected successfully' })
    },
  )
  .get(
    `${WS}/cfn-template`,
    endpoint({
      summary: 'The CloudFormation template of the role',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: {
        200: z.object({ template: z.string(), auroraAccountId: z.string(), externalId: z.uuid() }),
      },
      errors: ['not_found', 'validation_failed', 'provider_not_configured'],
    }),
    query(
      z.object({
        roleType: z.enum(ROLE_TYPES, { error: 'Invalid roleType' }).default('ReadOnly'),
        format: z.enum(['raw', 'json'], { error: 'Invalid format' }).default('raw'),
      }),
    ),
    async (c) => {
      const { roleType, format } = c.req.valid('query')
      const made = await roleTemplate(c.var.ctx, connectorPorts(c), idOf(c, 'id'), roleType)
      if (format === 'json') return c.json(made)
      return c.body(made.template, 200, {
        'content-type': 'text/yaml; charset=utf-8',
        'content-disposition': 'attachment; filename="aurora-role.yaml"',
      })
    },
  )
  .get(
    `${WS}/cfn-quickcreate`,
    endpoint({
      summary: 'The link that creates the role in the AWS console',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: {
        200: z.object({
          quickCreateUrl: z.url(),
          auroraAccountId: z.string(),
          externalId: z.uuid(),
          region: z.string(),
          templateUrl: z.url(),
          stackSetsCommand: z.string(),
          note: z.string(),
        }),
      },
      errors: ['not_found', 'validation_failed', 'provider_not_configured'],
    }),
    query(
      z.object({
        region: z.enum(REGIONS, { error: 'Invalid region' }).default('us-east-1'),
        roleType: z.enum(ROLE_TYPES, { error: 'Invalid roleType' }).default('ReadOnly'),
      }),
    ),
    async (c) => {
      const { region, roleType } = c.req.valid('query')
      return c.json(await quickCreateLink(c.var.ctx, connectorPorts(c), idOf(c, 'id'), region, roleType))
    },
  )
