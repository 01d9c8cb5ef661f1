/** What GitHub can be asked about repositories. Owners and names are encoded into paths here. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'
import { githubServiceCommits } from './service-commits'

const time = z.iso.datetime()
const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/)
const repository = { owner: name, repo: name }
const ref = z.string().min(1).max(250)
const perPage = z.int().min(1).max(100).default(30)
const pathOf = ({ owner, repo }: { readonly owner: string; readonly repo: string }): string =>
  `${API}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`
const filePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
/** Where GitHub keeps job logs. */
const LOG_HOSTS = ['*.actions.githubusercontent.com', '*.blob.core.windows.net']

export const operations = [
  githubServiceCommits,
  operation({
    name: 'list_commits',
    description: 'Commits of a branch in a time window, optionally of one path.',
    input: z.strictObject({
      ...repository,
      sha: ref.optional(),
      since: time.optional(),
      until: time.optional(),
      path: z.string().max(500).optional(),
      perPage,
    }),
    run: (vendor: Vendor<Details>, { perPage, owner, repo, ...filter }) =>
      read(vendor, withQuery(`${pathOf({ owner, repo })}/commits`, { ...filter, per_page: perPage })),
  }),
  operation({
    name: 'get_commit',
    description: 'A commit with its files and their changes.',
    input: z.strictObject({ ...repository, sha: ref }),
    run: (vendor: Vendor<Details>, { sha, ...it }) =>
      read(vendor, `${pathOf(it)}/commits/${encodeURIComponent(sha)}`),
  }),
  operation({
    name: 'compare_commits',
    description: 'What changed between two commits or branches.',
    input: z.strictObject({ ...repository, base: ref, head: ref }),
    run: (vendor: Vendor<Details>, { base, head, ...it }) =>
      read(vendor, `${pathOf(it)}/compare/${encodeURIComponent(base)}...${encodeURIComponent(head)}`),
  }),
  operation({
    name: 'list_merged_pulls',
    description: 'Closed pull requests, latest update first.',
    input: z.strictObject({ ...repository, perPage }),
    run: (vendor: Vendor<Details>, { perPage, ...it }) =>
      read(
        vendor,
        withQuery(`${pathOf(it)}/pulls`, {
          state: 'closed',
          sort: 'updated',
          direction: 'desc',
          per_page: perPage,
        }),
      ),
  }),
  operation({
    name: 'list_pull_files',
    description: 'The files of a pull request with their changes.',
    input: z.strictObject({ ...repository, number: z.int().positive() }),
    run: (vendor: Vendor<Details>, { number, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/pulls/${number}/files`, { per_page: 100 })),
  }),
  operation({
    name: 'list_deployments',
    description: 'Deployments, newest first.',
    input: z.strictObject({ ...repository, environment: z.string().max(200).optional(), perPage }),
    run: (vendor: Vendor<Details>, { environment, perPage, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/deployments`, { environment, per_page: perPage })),
  }),
  operation({
    name: 'list_deployment_statuses',
    description: 'How a deployment went.',
    input: z.strictObject({ ...repository, id: z.int().positive() }),
    run: (vendor: Vendor<Details>, { id, ...it }) => read(vendor, `${pathOf(it)}/deployments/${id}/statuses`),
  }),
  operation({
    name: 'list_workflow_runs',
    description: 'Workflow runs created in a span such as `2026-01-01..2026-01-02`.',
    input: z.strictObject({ ...repository, created: z.string().max(60).optional(), perPage }),
    run: (vendor: Vendor<Details>, { created, perPage, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/actions/runs`, { created, per_page: perPage })),
  }),
  operation({
    name: 'list_workflow_jobs',
    description: 'The jobs of a workflow run.',
    input: z.strictObject({ ...repository, runId: z.int().positive() }),
    run: (vendor: Vendor<Details>, { runId, ...it }) =>
      read(vendor, `${pathOf(it)}/actions/runs/${runId}/jobs`),
  }),
  operation({
    name: 'get_job_log',
    description: 'The log of a workflow job.',
    input: z.strictObject({ ...repository, jobId: z.int().positive() }),
    run: (vendor: Vendor<Details>, { jobId, ...it }) =>
      read(vendor, `${pathOf(it)}/actions/jobs/${jobId}/logs`, { redirectHosts: LOG_HOSTS }),
  }),
  operation({
    name: 'get_contents',
    description: 'A file or folder at a commit or branch.',
    input: z.strictObject({
      ...repository,
      path: z
        .string()
        .max(500)
        .refine((path) => !path.split('/').includes('..'), 'Invalid path'),
      ref: ref.optional(),
    }),
    run: (vendor: Vendor<Details>, { path, ref, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/contents/${filePath(path)}`, { ref })),
  }),
  operation({
    name: 'list_releases',
    description: 'Releases, newest first.',
    input: z.strictObject({ ...repository, perPage }),
    run: (vendor: Vendor<Details>, { perPage, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/releases`, { per_page: perPage })),
  }),
]
