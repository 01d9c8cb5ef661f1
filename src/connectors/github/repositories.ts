/** Repositories that a connection sees: a person's, or those of an installation. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { nextLink, sameOriginPath } from '../address'
import { readAs } from '../ask'
import type { Page } from '../paging'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API, type Details } from './details'

const repository = z.object({
  id: z.number(),
  full_name: z.string(),
  private: z.boolean(),
  default_branch: z.string().nullish(),
})
const own = z.array(repository)
const installed = z.object({ repositories: own }).transform(({ repositories }) => repositories)

/** One page; the cursor is a path of GitHub's. */
export async function pageOfRepositories(
  ctx: VendorCtx,
  { access, details }: { readonly access: Access; readonly details: Details },
  cursor: string | null,
): Promise<Outcome<Page>> {
  const isApp = details.authType === 'app'
  const first = isApp ? '/installation/repositories' : '/user/repos'
  const url =
    cursor === null
      ? withQuery(`${API}${first}`, { per_page: 100, ...(isApp ? {} : { sort: 'full_name' }) })
      : `${API}${cursor}`
  if (cursor !== null && (!cursor.startsWith('/') || sameOriginPath(API, url) === null))
    return { kind: 'blocked', text: 'Invalid cursor' }
  const answer = await ctx.fetch(url, { headers: headersOf(access) })
  if (answer.kind !== 'ok') return answer
  const found = readAs(answer.value, isApp ? installed : own, { 401: { kind: 'expired' } })
  if (found.kind !== 'ok') return found
  const next = nextLink(answer.value.headers)
  return ok({
    resources: found.value.map((it) => ({
      id: it.full_name,
      name: it.full_name,
      type: 'repository',
      details: { repo_id: it.id, private: it.private, default_branch: it.default_branch ?? null },
    })),
    nextCursor: next === null ? null : sameOriginPath(url, next),
  })
}
