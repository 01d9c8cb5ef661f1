/** Bitbucket's workspaces and repositories on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  browse,
  chooseWorkspace,
  forgetWorkspace,
  readWorkspace,
  workspaceInput,
  workspacesOf,
} from '../../services/connectors/bitbucket'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const errors = [...vendorErrors, 'no_resources'] as const

const workspaces = z.array(z.object({ slug: z.string(), name: z.string(), uuid: z.string().nullable() }))
const items = z.array(z.looseObject({}))
const chosen = z.array(z.object({ full_name: z.string() }))
const named = (names: readonly string[]) => names.map((full_name) => ({ full_name }))

export const connectorBitbucketRepos = new Hono<App>().get(
  '/bitbucket/workspaces',
  endpoint({
    summary: 'Workspaces of the Bitbucket account',
    who: 'viewer',
    bucket: 'default',
    answers: { 200: z.object({ workspaces }) },
    errors,
  }),
  async (c) => c.json({ workspaces: [...(await workspacesOf(c.var.ctx, connectorPorts(c)))] }),
)

const LISTS = [
  ['projects', '/bitbucket/projects/:workspace'],
  ['repositories', '/bitbucket/repos/:workspace'],
  ['branches', '/bitbucket/branches/:workspace/:repo'],
  ['pull_requests', '/bitbucket/pull-requests/:workspace/:repo'],
  ['issues', '/bitbucket/issues/:workspace/:repo'],
] as const

for (const [list, path] of LISTS)
  connectorBitbucketRepos.get(
    path,
    endpoint({
      summary: `Bitbucket's ${list.replace('_', ' ')}`,
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ [list]: items }) },
      errors,
    }),
    async (c) => {
      const place = { workspace: c.req.param('workspace') ?? '', repo: c.req.param('repo') ?? '' }
      return c.json({ [list]: await browse(c.var.ctx, connectorPorts(c), list, place) })
    },
  )

const PATH = '/bitbucket/workspace-selection'

connectorBitbucketRepos.get(
  PATH,
  endpoint({
    summary: 'The workspace and repositories that the organisation chose',
    who: 'viewer',
    bucket: 'default',
    answers: {
      200: z.object({ workspace: z.string().nullable(), workspaces, repositories: chosen }),
    },
    errors,
  }),
  async (c) => {
    const all = await workspacesOf(c.var.ctx, connectorPorts(c))
    const { workspace, repositories } = await readWorkspace(c.var.ctx)
    return c.json({ workspace, workspaces: [...all], repositories: named(repositories) })
  },
)

connectorBitbucketRepos.on(
  ['POST', 'PUT'],
  PATH,
  endpoint({
    summary: 'Choose a workspace and its repositories',
    who: 'editor',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: {
      200: z.object({
        message: z.string(),
        workspace: z.string().nullable(),
        repositories: chosen,
        added: z.int(),
        removed: z.int(),
      }),
    },
    errors: ['validation_failed', 'not_connected'],
  }),
  body(workspaceInput),
  async (c) => {
    const made = await chooseWorkspace(c.var.ctx, c.req.valid('json'))
    return c.json({
      message: 'Workspace selection saved',
      ...made,
      repositories: named(made.repositories),
    })
  },
)

connectorBitbucketRepos.delete(
  PATH,
  endpoint({
    summary: 'Forget the chosen workspace and repositories',
    who: 'editor',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: { 200: z.object({ message: z.string() }) },
    errors: ['not_connected'],
  }),
  async (c) => {
    await forgetWorkspace(c.var.ctx)
    return c.json({ message: 'Workspace selection cleared' })
  },
)
