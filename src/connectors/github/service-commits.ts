/** Commits and deployments of a repository at GitHub. */
import * as z from 'zod'
import type { Vendor } from '../operation'
import { mapOk } from '../outcome'
import { read, readingAs, withQuery } from '../read'
import { serviceCommits, titleOf, type Commit } from '../service-commits'
import { isRepository } from './branches'
import { API, type Details } from './details'

/** A comparison brings the changed files along. */
const MOST_BYTES = 5 * 1024 * 1024

const commit = z.object({
  sha: z.string(),
  commit: z.object({
    message: z.string(),
    author: z.object({ name: z.string().nullish(), date: z.string() }),
  }),
  author: z.object({ login: z.string().nullish() }).nullish(),
})
const comparison = z.object({ commits: z.array(commit) })
const deployments = z.array(z.object({ sha: z.string(), created_at: z.string() }))

const at = (repository: string, path: string): string =>
  `${API}/repos/${repository.split('/').map(encodeURIComponent).join('/')}${path}`

export const githubServiceCommits = serviceCommits<Details>({
  base: () => 'github.com',
  nameIn: (path) => path.split('/').slice(0, 2).join('/'),
  isRepository: (name) => {
    const [owner = '', repo = '', ...rest] = name.split('/')
    return rest.length === 0 && isRepository(owner, repo)
  },
  url: (_vendor, repository) => at(repository, ''),
  deployments: async (vendor: Vendor<Details>, repository, environment) => {
    const url = withQuery(at(repository, '/deployments'), { environment, per_page: 50 })
    return mapOk(readingAs(await read(vendor, url), deployments), (all) =>
      all.map(({ sha, created_at }) => ({ sha, at: created_at })),
    )
  },
  between: async (vendor: Vendor<Details>, repository, base, head) => {
    const span = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`
    const url = withQuery(at(repository, `/compare/${span}`), { per_page: 100 })
    const found = readingAs(await read(vendor, url, { maxBytes: MOST_BYTES }), comparison)
    return mapOk(found, ({ commits }) => commits.map(shown))
  },
  during: async (vendor: Vendor<Details>, repository, head, since, until) => {
    const url = withQuery(at(repository, '/commits'), { sha: head, since, until, per_page: 100 })
    return mapOk(readingAs(await read(vendor, url), z.array(commit)), (commits) => commits.map(shown))
  },
})

const shown = ({ sha, commit: { message, author: person }, author }: z.infer<typeof commit>): Commit => ({
  sha,
  author: author?.login ?? person.name ?? null,
  at: person.date,
  title: titleOf(message),
})
