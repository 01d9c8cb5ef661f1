/** Commits and deployments of a project at GitLab. */
import * as z from 'zod'
import type { Vendor } from '../operation'
import { mapOk } from '../outcome'
import { read, readingAs, withQuery } from '../read'
import { serviceCommits, titleOf, type Commit } from '../service-commits'
import { isProject } from './describe'
import type { Details } from './details'

/** A comparison brings the changed lines along. */
const MOST_BYTES = 5 * 1024 * 1024

const commit = z.object({
  id: z.string(),
  title: z.string(),
  author_name: z.string().nullish(),
  created_at: z.string(),
})
const comparison = z.object({ commits: z.array(commit) })
const deployments = z.array(z.object({ sha: z.string(), created_at: z.string() }))

const at = ({ details }: Vendor<Details>, project: string, path: string): string =>
  `${details.base_url}/api/v4/projects/${encodeURIComponent(project)}${path}`

export const gitlabServiceCommits = serviceCommits<Details>({
  base: ({ details }) => details.base_url.replace(/^https?:\/\//, ''),
  nameIn: (path) => path.split('/-/')[0] ?? '',
  isRepository: isProject,
  url: (vendor, project) => at(vendor, project, ''),
  deployments: async (vendor, project, environment) => {
    const url = withQuery(at(vendor, project, '/deployments'), {
      environment,
      order_by: 'created_at',
      sort: 'desc',
      per_page: 50,
    })
    return mapOk(readingAs(await read(vendor, url), deployments), (all) =>
      all.map(({ sha, created_at }) => ({ sha, at: created_at })),
    )
  },
  between: async (vendor, project, base, head) => {
    const url = withQuery(at(vendor, project, '/repository/compare'), { from: base, to: head })
    const found = readingAs(await read(vendor, url, { maxBytes: MOST_BYTES }), comparison)
    return mapOk(found, ({ commits }) => commits.map(shown))
  },
  during: async (vendor, project, head, since, until) => {
    const parameters = { ref_name: head, since, until, per_page: 100 }
    const url = withQuery(at(vendor, project, '/repository/commits'), parameters)
    return mapOk(readingAs(await read(vendor, url), z.array(commit)), (commits) => commits.map(shown))
  },
})

const shown = ({ id, title, author_name, created_at }: z.infer<typeof commit>): Commit => ({
  sha: id,
  author: author_name ?? null,
  at: created_at,
  title: titleOf(title),
})
