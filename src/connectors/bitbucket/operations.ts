/** What Bitbucket can be asked about repositories. Workspaces and names are encoded into paths here. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'
import { bitbucketServiceCommits } from './service-commits'

type Asked = Vendor<Details>
const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/)
const repository = { workspace: name, repo: name }
const revision = z.string().min(1).max(250)
const pagelen = z.int().min(1).max(50).default(30)

const pathOf = ({ workspace, repo }: { readonly workspace: string; readonly repo: string }): string =>
  `${API}/repositories/${encodeURIComponent(workspace)}/${encodeURIComponent(repo)}`

export const operations = [
  bitbucketServiceCommits,
  operation({
    name: 'list_commits',
    description: 'Commits of a branch or of all, newest first.',
    input: z.strictObject({ ...repository, revision: revision.optional(), pagelen }),
    run: (vendor: Asked, { revision, pagelen, ...it }) => {
      const branch = revision === undefined ? '' : `/${encodeURIComponent(revision)}`
      return read(vendor, withQuery(`${pathOf(it)}/commits${branch}`, { pagelen }))
    },
  }),
  operation({
    name: 'get_commit',
    description: 'A commit.',
    input: z.strictObject({ ...repository, revision }),
    run: (vendor: Asked, { revision, ...it }) =>
      read(vendor, `${pathOf(it)}/commit/${encodeURIComponent(revision)}`),
  }),
  operation({
    name: 'get_diff',
    description: 'What a commit, or a span such as `main..feature`, changed.',
    input: z.strictObject({ ...repository, spec: revision }),
    run: (vendor: Asked, { spec, ...it }) =>
      read(vendor, `${pathOf(it)}/diff/${encodeURIComponent(spec)}`, { headers: { accept: 'text/plain' } }),
  }),
  operation({
    name: 'list_merged_pulls',
    description: 'Merged pull requests, latest update first.',
    input: z.strictObject({ ...repository, pagelen }),
    run: (vendor: Asked, { pagelen, ...it }) =>
      read(
        vendor,
        withQuery(`${pathOf(it)}/pullrequests`, { state: 'MERGED', sort: '-updated_on', pagelen }),
      ),
  }),
  operation({
    name: 'list_pipelines',
    description: 'Pipeline runs, newest first.',
    input: z.strictObject({ ...repository, pagelen }),
    run: (vendor: Asked, { pagelen, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/pipelines/`, { sort: '-created_on', pagelen })),
  }),
  operation({
    name: 'list_deployments',
    description: 'Deployments of a repository.',
    input: z.strictObject({ ...repository, pagelen }),
    run: (vendor: Asked, { pagelen, ...it }) =>
      read(vendor, withQuery(`${pathOf(it)}/deployments/`, { pagelen })),
  }),
]
