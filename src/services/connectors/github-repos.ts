/** GitHub's repositories, and those that the organisation chose for investigations. */
import * as z from 'zod'
import { github } from '../../connectors/github'
import { allBranches, isRepository, type Branch } from '../../connectors/github/branches'
import type { Resource } from '../../connectors/paging'
import { AppError, notFound } from '../../lib/errors'
import { text } from '../../lib/fields'
import { audit } from '../../store/audit'
import * as store from '../../store/connected-repos'
import { isGuardFailure } from '../../store/db'
import { requireRole, type Ctx } from '../context'
import { withAccess } from './call'
import { DESCRIBE } from './core-jobs'
import { githubAccountFor, githubAccounts, installationOf } from './github-accounts'
import { startJob } from './start-job'
import type { Ports } from './ports'
import { notConnected, refusalError } from './refusal'
import { allResourcesOf } from './resources'

/** What every account of the organisation sees; what two of them see is told once. @throws AppError not_connected, vendor refusals */
export async function listRepos(ctx: Ctx, ports: Ports): Promise<readonly Resource[]> {
  const accounts = await githubAccounts(ctx.db)
  if (accounts.length === 0) throw notConnected(github)
  const all = new Map<string, Resource>()
  for (const account of accounts)
    for (const repo of await allResourcesOf(ctx, ports, github, account.accountId))
      if (!all.has(repo.id)) all.set(repo.id, repo)
  return [...all.values()]
}

/** @throws AppError validation_failed, not_connected, vendor refusals */
export async function listBranches(
  ctx: Ctx,
  ports: Ports,
  owner: string,
  name: string,
): Promise<readonly Branch[]> {
  checkRepository(owner, name)
  const account = await githubAccountFor(ctx, owner)
  const found = await withAccess(ctx.db, ports, github, account, (vendor, access) =>
    allBranches(vendor, access, owner, name),
  )
  if (found.kind === 'ok') return found.value
  throw found.kind === 'not_connected' ? notConnected(github) : refusalError(github, found)
}

function checkRepository(owner: string, name: string): void {
  if (!isRepository(owner, name)) throw new AppError('validation_failed', 'Invalid repository identifier')
}

/** The repositories that were chosen, by name. */
export const chosenRepos = async (ctx: Ctx): Promise<readonly store.ConnectedRepoRow[]> =>
  store.chosenRepos(ctx.db, github.id)

const LIST = 'repositories must be an array'
const short = z.string().max(500)
const repository = z.object({
  full_name: z
    .string()
    .max(201)
    .refine((it) => it.split('/').length === 2 && isRepository(...pairOf(it))),
  id: z
    .union([z.number(), z.string().max(40)])
    .nullish()
    .catch(null),
  default_branch: short.nullish().catch(null),
  private: z.boolean().nullish().catch(null),
  is_private: z.boolean().nullish().catch(null),
  html_url: short.nullish().catch(null),
  description: short.nullish().catch(null),
  language: short.nullish().catch(null),
})

function pairOf(fullName: string): [string, string] {
  const [owner = '', name = ''] = fullName.split('/')
  return [owner, name]
}

/** Entries without a usable `full_name` are left out. */
export const repositoriesInput = z.object({
  repositories: z
    .array(z.unknown(), { error: LIST })
    .max(500, 'Too many repositories')
    .transform((list, context) => {
      const valid = list.flatMap((it) => {
        const read = repository.safeParse(it)
        return read.success ? [read.data] : []
      })
      if (valid.length > 0 || list.length === 0) return valid
      context.addIssue({
        code: 'custom',
        message: 'No valid repositories in request (all missing full_name)',
      })
      return z.NEVER
    }),
})

/** Replaces the set. What was written about a repository that stays is kept. @throws AppError forbidden */
export async function chooseRepos(
  ctx: Ctx,
  { repositories }: z.output<typeof repositoriesInput>,
): Promise<{ readonly added: number; readonly removed: number }> {
  requireRole(ctx, 'editor')
  const before = new Set((await chosenRepos(ctx)).map(({ repoFullName }) => repoFullName))
  const wanted = new Map(repositories.map((it) => [it.full_name, it]))
  const fresh = [...wanted.values()].filter(({ full_name }) => !before.has(full_name))
  const removed = [...before].filter((name) => !wanted.has(name)).length
  const accounts = await githubAccounts(ctx.db)
  await ctx.db.commit([
    store.keepRepos(ctx.db, github.id, [...wanted.keys()]),
    ...store.addRepos(
      ctx.db,
      fresh.map(({ full_name, id, default_branch, private: isPrivate, is_private, ...data }) => ({
        userId: ctx.actor.userId,
        provider: github.id,
        repoFullName: full_name,
        repoId: id == null ? null : String(id),
        installationId: installationOf(accounts, full_name.split('/')[0] ?? ''),
        defaultBranch: default_branch ?? null,
        isPrivate: isPrivate ?? is_private ?? false,
        repoDataJson: data,
      })),
    ),
    audit(ctx.db, {
      event: 'connector.selection',
      actor: ctx.actor.userId,
      subject: github.id,
      after: { provider: github.id, added: fresh.length, removed },
      at: ctx.now,
    }),
  ])
  return { added: fresh.length, removed }
}

export const summaryInput = z.object({
  metadata_summary: text({ error: 'metadata_summary is required', max: 10_000 }),
})
export const gatingInput = z.object({ enabled: z.boolean({ error: 'enabled must be a boolean' }) })

/** @throws AppError forbidden, validation_failed, not_found */
export const describeRepo = (
  ctx: Ctx,
  owner: string,
  name: string,
  { metadata_summary }: z.output<typeof summaryInput>,
): Promise<void> =>
  change(ctx, owner, name, { metadataSummary: metadata_summary, metadataStatus: 'ready', updatedAt: ctx.now })

/** @throws AppError forbidden, validation_failed, not_found */
export const gateRepo = (
  ctx: Ctx,
  owner: string,
  name: string,
  { enabled }: z.output<typeof gatingInput>,
): Promise<void> => change(ctx, owner, name, { changeGatingEnabled: enabled, updatedAt: ctx.now })

export const generateInput = z.object({
  repo_full_name: z
    .string({ error: 'repo_full_name is required' })
    .refine(
      (it) => it.split('/').length === 2 && isRepository(...pairOf(it)),
      'Invalid repository identifier',
    ),
})

/** Has the repository described out of its own front page, in the background. @throws AppError forbidden, not_found, not_connected */
export async function generateSummary(
  ctx: Ctx,
  ports: Ports,
  { repo_full_name: name }: z.output<typeof generateInput>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const chosen = (await chosenRepos(ctx)).some(({ repoFullName }) => repoFullName === name)
  if (!chosen) throw notFound('Repository not found')
  const [owner = ''] = name.split('/')
  const account = await githubAccountFor(ctx, owner)
  await store.changeRepo(ctx.db, github.id, name, { metadataStatus: 'generating', updatedAt: ctx.now })
  const input = { repository: name }
  await startJob(ctx.db, ports, account, DESCRIBE, { userId: ctx.actor.userId, now: ctx.now, input })
}

async function change(
  ctx: Ctx,
  owner: string,
  name: string,
  changes: Parameters<typeof store.changeRepo>[3],
): Promise<void> {
  requireRole(ctx, 'editor')
  checkRepository(owner, name)
  try {
    await ctx.db.commit([
      store.changeRepo(ctx.db, github.id, `${owner}/${name}`, changes),
      ctx.db.ensureChanged(),
      audit(ctx.db, {
        event: 'connector.selection',
        actor: ctx.actor.userId,
        subject: github.id,
        after: { provider: github.id, repository: `${owner}/${name}` },
        at: ctx.now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw notFound('Repository not found')
    throw error
  }
}
