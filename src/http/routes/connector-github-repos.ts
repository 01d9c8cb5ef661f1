/** GitHub's repositories on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { iso } from '../../lib/time'
import {
  chooseRepos,
  chosenRepos,
  describeRepo,
  gateRepo,
  gatingInput,
  generateInput,
  generateSummary,
  listBranches,
  listRepos,
  repositoriesInput,
  summaryInput,
} from '../../services/connectors/github-repos'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const errors = [...vendorErrors, 'no_resources'] as const

const selection = z.object({
  repo_full_name: z.string(),
  repo_id: z.string().nullable(),
  default_branch: z.string().nullable(),
  is_private: z.boolean(),
  metadata_summary: z.string().nullable(),
  metadata_status: z.string().nullable(),
  repo_data: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
  installation_id: z.int().nullable(),
  auth_method: z.enum(['app', 'oauth']),
  change_gating_enabled: z.boolean(),
})

const showSelection = (row: Awaited<ReturnType<typeof chosenRepos>>[number]): z.infer<typeof selection> => ({
  repo_full_name: row.repoFullName,
  repo_id: row.repoId,
  default_branch: row.defaultBranch,
  is_private: row.isPrivate,
  metadata_summary: row.metadataSummary,
  metadata_status: row.metadataStatus,
  repo_data: { ...row.repoDataJson },
  created_at: iso(row.createdAt),
  installation_id: row.installationId,
  auth_method: row.installationId === null ? 'oauth' : 'app',
  change_gating_enabled: row.changeGatingEnabled,
})

const repo = z.object({
  id: z.unknown(),
  full_name: z.string(),
  private: z.unknown(),
  default_branch: z.unknown(),
})

export const connectorGithubRepos = new Hono<App>()
  .get(
    '/github/user-repos',
    endpoint({
      summary: 'Repositories that the GitHub connection sees',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ repos: z.array(repo) }) },
      errors,
    }),
    async (c) => {
      const found = await listRepos(c.var.ctx, connectorPorts(c))
      return c.json({
        repos: found.map(({ id, details }) => ({
          id: details['repo_id'],
          full_name: id,
          private: details['private'],
          default_branch: details['default_branch'],
        })),
      })
    },
  )
  .get(
    '/github/user-branches/:owner/:repo',
    endpoint({
      summary: 'Branches of a repository at GitHub',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({
          branches: z.array(z.object({ name: z.string(), sha: z.string(), protected: z.boolean() })),
        }),
      },
      errors: ['validation_failed', ...errors],
    }),
    async (c) => {
      const { owner, repo } = c.req.param()
      return c.json({ branches: [...(await listBranches(c.var.ctx, connectorPorts(c), owner, repo))] })
    },
  )
  .put(
    '/github/repo-selections/:owner/:repo/metadata',
    endpoint({
      summary: 'Write down what a chosen repository is about',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.string() }) },
      errors: ['validation_failed', 'not_found'],
    }),
    body(summaryInput),
    async (c) => {
      const { owner, repo } = c.req.param()
      await describeRepo(c.var.ctx, owner, repo, c.req.valid('json'))
      return c.json({ message: 'Repository metadata updated' })
    },
  )
  .put(
    '/github/repo-selections/:owner/:repo/change-gating',
    endpoint({
      summary: 'Whether changes of a chosen repository are gated',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ repo_full_name: z.string(), change_gating_enabled: z.boolean() }) },
      errors: ['validation_failed', 'not_found'],
    }),
    body(gatingInput),
    async (c) => {
      const { owner, repo } = c.req.param()
      const { enabled } = c.req.valid('json')
      await gateRepo(c.var.ctx, owner, repo, { enabled })
      return c.json({ repo_full_name: `${owner}/${repo}`, change_gating_enabled: enabled })
    },
  )

connectorGithubRepos.post(
  '/github/repo-metadata/generate',
  endpoint({
    summary: 'Have a chosen repository described out of its own front page',
    who: 'editor',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: { 200: z.object({ message: z.literal('Metadata generation started') }) },
    errors: ['validation_failed', 'not_found', 'not_connected'],
  }),
  body(generateInput),
  async (c) => {
    await generateSummary(c.var.ctx, connectorPorts(c), c.req.valid('json'))
    return c.json({ message: 'Metadata generation started' as const })
  },
)

/** The second spelling knows PUT as well. */
const PATHS = [
  ['/github/repo-selections', ['POST']],
  ['/github/repo-selection', ['POST', 'PUT']],
] as const

for (const [path, methods] of PATHS) {
  connectorGithubRepos.get(
    path,
    endpoint({
      summary: 'The repositories that the organisation chose',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ repositories: z.array(selection) }) },
    }),
    async (c) => c.json({ repositories: (await chosenRepos(c.var.ctx)).map(showSelection) }),
  )
  connectorGithubRepos.on(
    [...methods],
    path,
    endpoint({
      summary: 'Choose repositories; replaces the former choice',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.string(), added: z.int(), removed: z.int() }) },
      errors: ['validation_failed'],
    }),
    body(repositoriesInput),
    async (c) => {
      const changed = await chooseRepos(c.var.ctx, c.req.valid('json'))
      return c.json({ message: 'Repository selections saved', ...changed })
    },
  )
  connectorGithubRepos.delete(
    path,
    endpoint({
      summary: 'Forget the chosen repositories',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.string() }) },
    }),
    async (c) => {
      await chooseRepos(c.var.ctx, { repositories: [] })
      return c.json({ message: 'All repository selections cleared' })
    },
  )
}
