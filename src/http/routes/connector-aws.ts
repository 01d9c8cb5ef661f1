/** AWS on the paths of the original product: the workspaces that roles and accounts belong to. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  accountsOf,
  createWorkspace,
  listWorkspaces,
  workspaceInput,
} from '../../services/connectors/aws-workspaces'
import {
  linksAnswer,
  showLinks,
  showWorkspace,
  showWorkspaceStatus,
  workspaceAnswer,
  workspaceStatusAnswer,
} from '../answers/connector-aws'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

/** The paths of a workspace. */
export const WORKSPACE = '/workspaces/:id/aws'
export const workspaceId = { id: { error: 'Workspace not found', code: 'not_found' } } as const
const uid = { uid: { error: 'Access denied', code: 'not_found' } } as const

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
    `${WORKSPACE}/links`,
    endpoint({
      summary: 'What a role of this workspace must trust',
      who: 'viewer',
      bucket: 'default',
      ids: workspaceId,
      answers: { 200: linksAnswer },
      errors: ['not_found'],
    }),
    async (c) =>
      c.json(
        showLinks(await accountsOf(c.var.ctx, idOf(c, 'id')), connectorPorts(c).setting('AWS_ACCOUNT_ID')),
      ),
  )
  .get(
    `${WORKSPACE}/status`,
    endpoint({
      summary: 'Whether the workspace has a role',
      who: 'viewer',
      bucket: 'default',
      ids: workspaceId,
      answers: { 200: workspaceStatusAnswer },
      errors: ['not_found'],
    }),
    async (c) => c.json(showWorkspaceStatus(await accountsOf(c.var.ctx, idOf(c, 'id')))),
  )
