/** GitLab's projects, with what the organisation wrote about them. */
import * as z from 'zod'
import { gitlab } from '../../connectors/gitlab'
import { isProject, readProject, type Project } from '../../connectors/gitlab/describe'
import { settings } from '../../connectors/gitlab/details'
import { AppError, notFound } from '../../lib/errors'
import { audit } from '../../store/audit'
import * as store from '../../store/connected-repos'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import { DESCRIBE } from './core-jobs'
import { startJob } from './start-job'
import type { Ports } from './ports'
import { listAllResources, type ListedResource } from './resources'

export interface ListedRepo extends ListedResource {
  readonly written: store.ConnectedRepoRow | null
}

/** Every project that the token sees. @throws AppError not_connected, vendor refusals */
export async function listGitlabRepos(ctx: Ctx, ports: Ports): Promise<readonly ListedRepo[]> {
  const found = await listAllResources(ctx, ports, gitlab)
  const written = new Map((await store.chosenRepos(ctx.db, gitlab.id)).map((row) => [row.repoFullName, row]))
  return found.map((it) => ({ ...it, written: written.get(it.id) ?? null }))
}

const INVALID = 'Invalid repository identifier'
const path = z.string({ error: 'repo_full_name is required' }).refine(isProject, INVALID)
export const generateInput = z.object({ repo_full_name: path })

/** @throws AppError forbidden, validation_failed, not_found, not_connected, vendor refusals */
export async function describeProject(
  ctx: Ctx,
  ports: Ports,
  name: string,
  metadataSummary: string,
): Promise<void> {
  requireRole(ctx, 'editor')
  await remember(ctx, await find(ctx, ports, name), { metadataSummary, metadataStatus: 'ready' })
}

/** Has the project described out of its own front page, in the background. @throws AppError as above */
export async function generateProjectSummary(
  ctx: Ctx,
  ports: Ports,
  { repo_full_name: name }: z.output<typeof generateInput>,
): Promise<void> {
  requireRole(ctx, 'editor')
  await remember(ctx, await find(ctx, ports, name), { metadataStatus: 'generating' })
  const row = await accountOf(ctx, gitlab, 'uniform')
  const input = { repository: name }
  await startJob(ctx.db, ports, row, DESCRIBE, { userId: ctx.actor.userId, now: ctx.now, input })
}

async function find(ctx: Ctx, ports: Ports, name: string): Promise<Project> {
  if (!isProject(name)) throw new AppError('validation_failed', INVALID)
  try {
    return await askAccount(ctx, ports, gitlab, 'uniform', (vendor, access, row) =>
      readProject(vendor, access, settings.parse(row.publicJson).base_url, name),
    )
  } catch (error) {
    if (error instanceof AppError && error.code === 'no_resources') throw notFound('Repository not found')
    throw error
  }
}

async function remember(
  ctx: Ctx,
  project: Project,
  changes: Parameters<typeof store.changeRepo>[3],
): Promise<void> {
  const name = project.path_with_namespace
  await ctx.db.commit([
    ...store.addRepos(ctx.db, [
      {
        userId: ctx.actor.userId,
        provider: gitlab.id,
        repoFullName: name,
        repoId: String(project.id),
        installationId: null,
        defaultBranch: project.default_branch ?? null,
        isPrivate: project.visibility !== 'public',
        repoDataJson: {},
      },
    ]),
    store.changeRepo(ctx.db, gitlab.id, name, { ...changes, updatedAt: ctx.now }),
    audit(ctx.db, {
      event: 'connector.selection',
      actor: ctx.actor.userId,
      subject: gitlab.id,
      after: { provider: gitlab.id, repository: name },
      at: ctx.now,
    }),
  ])
}
