/** Commits of a repository at Bitbucket. */
import * as z from 'zod'
import type { Vendor } from '../operation'
import { mapOk, ok, type Outcome } from '../outcome'
import { read, readingAs, withQuery } from '../read'
import { serviceCommits, titleOf, type Commit } from '../service-commits'
import { API, type Details } from './details'

const NAME = /^[A-Za-z0-9._-]{1,100}\/[A-Za-z0-9._-]{1,100}$/
const PAGE = 100

const commits = z.object({
  values: z.array(
    z.object({
      hash: z.string(),
      date: z.string(),
      message: z.string(),
      author: z.object({ raw: z.string().nullish(), user: z.object({ display_name: z.string() }).nullish() }),
    }),
  ),
})

export const bitbucketServiceCommits = serviceCommits<Details>({
  base: () => 'bitbucket.org',
  nameIn: (path) => path.split('/').slice(0, 2).join('/'),
  isRepository: (name) => NAME.test(name) && !name.split('/').some((part) => /^\.+$/.test(part)),
  url: (_vendor, repository) => `${API}/repositories/${repository}`,
  // Deployments name their environment by an id alone: the change events tell more.
  deployments: async () => ok([]),
  between: (vendor, repository, base, head) => list(vendor, repository, head, { exclude: base }),
  during: async (vendor, repository, head, since, until) =>
    mapOk(await list(vendor, repository, head, {}), (all) =>
      all.filter(({ at }) => Date.parse(at) >= Date.parse(since) && Date.parse(at) <= Date.parse(until)),
    ),
})

async function list(
  vendor: Vendor<Details>,
  repository: string,
  head: string | undefined,
  filter: { readonly exclude?: string },
): Promise<Outcome<readonly Commit[]>> {
  const branch = head === undefined ? '' : `/${encodeURIComponent(head)}`
  const url = withQuery(`${API}/repositories/${repository}/commits${branch}`, { ...filter, pagelen: PAGE })
  return mapOk(readingAs(await read(vendor, url), commits), ({ values }) =>
    values.map(({ hash, date, message, author: { raw, user } }) => ({
      sha: hash,
      author: user?.display_name ?? raw?.replace(/\s*<.*$/, '') ?? null,
      at: date,
      title: titleOf(message),
    })),
  )
}
