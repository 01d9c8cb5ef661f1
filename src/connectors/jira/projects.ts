/** Jira's projects, a page at a time. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { isCloud } from '../atlassian/site'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { numberOf, sliceOf, type Page } from '../paging'
import { withQuery } from '../read'
import { restOf, type Details } from './details'

const PAGE = 50
const project = z.object({ id: z.string(), key: z.string(), name: z.string() })
const listed = z.object({ values: z.array(project), isLast: z.boolean() })

/** Servers answer all of them at once. */
export async function projectPage(
  ctx: VendorCtx,
  { access, details }: { readonly access: Access; readonly details: Details },
  cursor: string | null,
): Promise<Outcome<Page>> {
  const init = { headers: headersOf(access) }
  if (!isCloud(details)) {
    const all = await ask(ctx.fetch, `${restOf(details)}/project`, init, z.array(project))
    return mapOk(all, (projects) => sliceOf(projects.map(shown), cursor))
  }
  const startAt = numberOf(cursor, 0)
  const url = withQuery(`${restOf(details)}/project/search`, { startAt, maxResults: PAGE })
  return mapOk(await ask(ctx.fetch, url, init, listed), ({ values, isLast }) => ({
    resources: values.map(shown),
    nextCursor: isLast ? null : String(startAt + values.length),
  }))
}

const shown = ({ id, key, name }: z.infer<typeof project>) => ({
  id: key,
  name,
  type: 'project',
  details: { id },
})
