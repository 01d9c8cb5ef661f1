/** What GitLab can be asked about a project. Paths of projects are encoded here. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'
import { gitlabServiceCommits } from './service-commits'

type Asked = Vendor<Details>
/** A path of groups and a name, none of which begins with a dot. */
const project = z
  .string()
  .max(250)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$/)
const time = z.iso.datetime()
const ref = z.string().min(1).max(250)
const perPage = z.int().min(1).max(100).default(30)
const at = ({ details }: Asked, project: string, path: string): string =>
  `${details.base_url}/api/v4/projects/${encodeURIComponent(project)}${path}`

export const operations = [
  gitlabServiceCommits,
  operation({
    name: 'list_commits',
    description: 'Commits of a branch in a time window.',
    input: z.strictObject({
      project,
      ref: ref.optional(),
      since: time.optional(),
      until: time.optional(),
      path: z.string().max(500).optional(),
      perPage,
    }),
    run: (vendor: Asked, { project, ref, since, until, path, perPage }) =>
      read(
        vendor,
        withQuery(at(vendor, project, '/repository/commits'), {
          ref_name: ref,
          since,
          until,
          path,
          per_page: perPage,
        }),
      ),
  }),
  operation({
    name: 'get_commit_diff',
    description: 'What a commit changed.',
    input: z.strictObject({ project, sha: z.string().regex(/^[0-9a-f]{7,64}$/) }),
    run: (vendor: Asked, { project, sha }) =>
      read(vendor, at(vendor, project, `/repository/commits/${sha}/diff`)),
  }),
  operation({
    name: 'list_merge_requests',
    description: 'Merge requests that changed lately, newest first.',
    input: z.strictObject({
      project,
      state: z.enum(['opened', 'closed', 'merged', 'all']).default('merged'),
      updatedAfter: time.optional(),
      perPage,
    }),
    run: (vendor: Asked, { project, state, updatedAfter, perPage }) =>
      read(
        vendor,
        withQuery(at(vendor, project, '/merge_requests'), {
          state,
          updated_after: updatedAfter,
          order_by: 'updated_at',
          per_page: perPage,
        }),
      ),
  }),
  operation({
    name: 'list_deployments',
    description: 'Deployments, newest first.',
    input: z.strictObject({
      project,
      environment: z.string().max(200).optional(),
      updatedAfter: time.optional(),
      perPage,
    }),
    run: (vendor: Asked, { project, environment, updatedAfter, perPage }) =>
      read(
        vendor,
        withQuery(at(vendor, project, '/deployments'), {
          environment,
          updated_after: updatedAfter,
          order_by: 'updated_at',
          sort: 'desc',
          per_page: perPage,
        }),
      ),
  }),
  operation({
    name: 'list_pipelines',
    description: 'Pipelines, newest first.',
    input: z.strictObject({ project, ref: ref.optional(), updatedAfter: time.optional(), perPage }),
    run: (vendor: Asked, { project, ref, updatedAfter, perPage }) =>
      read(
        vendor,
        withQuery(at(vendor, project, '/pipelines'), { ref, updated_after: updatedAfter, per_page: perPage }),
      ),
  }),
  operation({
    name: 'list_pipeline_jobs',
    description: 'Jobs of a pipeline with their state.',
    input: z.strictObject({ project, pipelineId: z.int().positive() }),
    run: (vendor: Asked, { project, pipelineId }) =>
      read(vendor, `${at(vendor, project, `/pipelines/${pipelineId}/jobs`)}?per_page=100`),
  }),
  operation({
    name: 'job_trace',
    description: 'The log of a job.',
    input: z.strictObject({ project, jobId: z.int().positive() }),
    run: (vendor: Asked, { project, jobId }) => read(vendor, at(vendor, project, `/jobs/${jobId}/trace`)),
  }),
]
