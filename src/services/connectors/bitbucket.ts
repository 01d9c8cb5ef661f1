/** Bitbucket's workspaces, and what the organisation chose of them: a workspace is the root, its repositories are selections. */
import * as z from 'zod'
import { bitbucket } from '../../connectors/bitbucket'
import {
  listAll,
  listWorkspaces,
  pathOf,
  type Item,
  type Workspace,
} from '../../connectors/bitbucket/listing'
import { text } from '../../lib/fields'
import { audit } from '../../store/audit'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import type { Ports } from './ports'

const LISTS = ['projects', 'repositories', 'branches', 'pull_requests', 'issues'] as const
type List = (typeof LISTS)[number]

interface Place {
  readonly workspace: string
  readonly repo: string
}

/** Where each list is. */
const PATHS: Readonly<Record<List, (place: Place) => string>> = {
  projects: ({ workspace }) => pathOf('workspaces', workspace, 'projects'),
  repositories: ({ workspace }) => pathOf('repositories', workspace),
  branches: ({ workspace, repo }) => pathOf('repositories', workspace, repo, 'refs', 'branches'),
  pull_requests: ({ workspace, repo }) => pathOf('repositories', workspace, repo, 'pullrequests'),
  issues: ({ workspace, repo }) => pathOf('repositories', workspace, repo, 'issues'),
}

/** Bitbucket's own items of a list, up to ten pages. @throws AppError not_connected as 401, vendor refusals */
export const browse = (ctx: Ctx, ports: Ports, list: List, place: Place): Promise<readonly Item[]> =>
  askAccount(ctx, ports, bitbucket, 'unauthorized', (vendor, access) =>
    listAll(vendor, access, PATHS[list](place)),
  )

/** @throws AppError not_connected as 401, vendor refusals */
export const workspacesOf = (ctx: Ctx, ports: Ports): Promise<readonly Workspace[]> =>
  askAccount(ctx, ports, bitbucket, 'unauthorized', (vendor, access) => listWorkspaces(vendor, access))

const WORKSPACE = 'Workspace is required'
const REPOSITORIES = 'At least one repository is required'
const name = text({ error: REPOSITORIES, max: 300 })

export const workspaceInput = z.object({
  workspace: text({ error: WORKSPACE, max: 100 }),
  repositories: z
    .array(
      z.union(
        [
          name,
          z.object({ full_name: name }).transform((it) => it.full_name),
          z.object({ slug: name }).transform((it) => it.slug),
        ],
        { error: REPOSITORIES },
      ),
      { error: REPOSITORIES },
    )
    .min(1, REPOSITORIES)
    .max(500, REPOSITORIES),
})

export interface WorkspaceChoice {
  readonly workspace: string | null
  /** `workspace/repository` */
  readonly repositories: readonly string[]
}

/** @throws AppError not_connected as 401 */
export async function readWorkspace(ctx: Ctx): Promise<WorkspaceChoice> {
  const row = await accountOf(ctx, bitbucket, 'unauthorized')
  const chosen = await store.selectionsOf(ctx.db, [row.id])
  return {
    workspace: chosen.find(({ resourceType }) => resourceType === 'workspace')?.resourceId ?? null,
    repositories: chosen
      .filter(({ resourceType, enabled }) => resourceType !== 'workspace' && enabled)
      .map(({ resourceId }) => resourceId),
  }
}

/** Replaces the choice. @throws AppError forbidden, not_connected as 401 */
export async function chooseWorkspace(
  ctx: Ctx,
  input: z.output<typeof workspaceInput>,
): Promise<WorkspaceChoice & { readonly added: number; readonly removed: number }> {
  requireRole(ctx, 'editor')
  const before = new Set((await readWorkspace(ctx)).repositories)
  const full = input.repositories.map((it) => (it.includes('/') ? it : `${input.workspace}/${it}`))
  const repositories = [...new Set(full)]
  const kept = new Set(repositories)
  await replaceChoice(ctx, [
    { id: input.workspace, type: 'workspace', isRoot: true },
    ...repositories.map((id) => ({ id, type: 'repository', isRoot: false })),
  ])
  return {
    workspace: input.workspace,
    repositories,
    added: repositories.filter((it) => !before.has(it)).length,
    removed: [...before].filter((it) => !kept.has(it)).length,
  }
}

/** Forgets the choice. @throws AppError forbidden, not_connected as 401 */
export const forgetWorkspace = (ctx: Ctx): Promise<void> => replaceChoice(ctx, [])

async function replaceChoice(
  ctx: Ctx,
  chosen: readonly { readonly id: string; readonly type: string; readonly isRoot: boolean }[],
): Promise<void> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, bitbucket, 'unauthorized')
  await ctx.db.commit([
    store.removeSelections(ctx.db, [row.id]),
    ...store.insertSelections(
      ctx.db,
      chosen.map(({ id, type, isRoot }) => ({
        connectionId: row.id,
        resourceId: id,
        resourceName: id,
        resourceType: type,
        enabled: true,
        isRoot,
      })),
    ),
    audit(ctx.db, {
      event: 'connector.selection',
      actor: ctx.actor.userId,
      subject: row.id,
      after: { provider: bitbucket.id, enabled: chosen.length },
      at: ctx.now,
    }),
  ])
}
