/** GitLab's projects on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { isoOrNull } from '../../lib/time'
import { summaryInput } from '../../services/connectors/github-repos'
import {
  describeProject,
  generateInput,
  generateProjectSummary,
  listGitlabRepos,
  type ListedRepo,
} from '../../services/connectors/gitlab-repos'
import { endpoint, SMALL } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const repository = z.object({
  repo_full_name: z.string(),
  repo_id: z.number().nullable(),
  default_branch: z.string().nullable(),
  is_private: z.boolean().nullable(),
  repo_data: z.record(z.string(), z.unknown()),
  enabled: z.boolean(),
  metadata_summary: z.string().nullable(),
  metadata_status: z.string().nullable(),
  created_at: z.iso.datetime().nullable(),
  installation_id: z.null(),
  auth_method: z.literal('api_key'),
  change_gating_enabled: z.boolean(),
})

const showRepository = ({ name, enabled, details, written }: ListedRepo): z.infer<typeof repository> => ({
  repo_full_name: name,
  repo_id: typeof details['project_id'] === 'number' ? details['project_id'] : null,
  default_branch: typeof details['default_branch'] === 'string' ? details['default_branch'] : null,
  is_private: written?.isPrivate ?? null,
  repo_data: { ...written?.repoDataJson },
  enabled,
  metadata_summary: written?.metadataSummary ?? null,
  metadata_status: written?.metadataStatus ?? null,
  created_at: isoOrNull(written?.createdAt ?? null),
  installation_id: null,
  auth_method: 'api_key',
  change_gating_enabled: written?.changeGatingEnabled ?? false,
})

export const connectorGitlab = new Hono<App>()
  .get(
    '/gitlab/repo-selections',
    endpoint({
      summary: 'Projects that the GitLab token sees; connecting chooses all of them',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ repositories: z.array(repository) }) },
      errors: vendorErrors,
    }),
    async (c) => {
      const found = await listGitlabRepos(c.var.ctx, connectorPorts(c))
      return c.json({ repositories: found.map(showRepository) })
    },
  )
  .put(
    '/gitlab/repo-selections/:project/metadata',
    endpoint({
      summary: 'Write down what a project is about; its path is one encoded segment',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.string() }) },
      errors: ['validation_failed', 'not_found', ...vendorErrors],
    }),
    body(summaryInput),
    async (c) => {
      const { metadata_summary } = c.req.valid('json')
      await describeProject(c.var.ctx, connectorPorts(c), c.req.param('project'), metadata_summary)
      return c.json({ message: 'Repository metadata updated' })
    },
  )
  .post(
    '/gitlab/repo-metadata/generate',
    endpoint({
      summary: 'Have a project described out of its own front page',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ message: z.literal('Metadata generation started') }) },
      errors: ['validation_failed', 'not_found', ...vendorErrors],
    }),
    body(generateInput),
    async (c) => {
      await generateProjectSummary(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ message: 'Metadata generation started' as const })
    },
  )
