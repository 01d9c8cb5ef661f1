import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { nextLink, sameOriginPath } from '../address'
import { readAs } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API } from './details'

const MOST_PAGES = 10
const branches = z.array(
  z.object({ name: z.string(), protected: z.boolean().nullish(), commit: z.object({ sha: z.string() }) }),
)

export interface Branch {
  readonly name: string
  readonly sha: string
  readonly protected: boolean
}

/** An owner and a name as GitHub allows them. */
export const isRepository = (owner: string, name: string): boolean =>
  [owner, name].every((it) => /^[A-Za-z0-9._-]{1,100}$/.test(it) && it !== '.' && it !== '..')

/** The branches of a repository, up to ten pages. */
export async function allBranches(
  ctx: VendorCtx,
  access: Access,
  owner: string,
  name: string,
): Promise<Outcome<readonly Branch[]>> {
  const all: Branch[] = []
  let url: string | null = withQuery(`${API}/repos/${owner}/${name}/branches`, { per_page: 100 })
  for (let count = 0; url !== null && count < MOST_PAGES; count++) {
    const answer = await ctx.fetch(url, { headers: headersOf(access) })
    if (answer.kind !== 'ok') return answer
    const page = readAs(answer.value, branches, {
      401: { kind: 'expired' },
      404: { kind: 'no_resources', text: 'Repository not found at GitHub' },
    })
    if (page.kind !== 'ok') return page
    all.push(
      ...page.value.map((it) => ({ name: it.name, sha: it.commit.sha, protected: it.protected ?? false })),
    )
    const next = nextLink(answer.value.headers)
    const path: string | null = next === null ? null : sameOriginPath(url, next)
    url = path === null ? null : `${API}${path}`
  }
  return ok(all)
}
