/** Confluence's spaces, a page at a time. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { isCloud } from '../atlassian/site'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { numberOf, type Page } from '../paging'
import { withQuery } from '../read'
import { rootOf, type Details } from './details'

const PAGE = 100
const listed = z.object({
  results: z.array(z.object({ id: z.coerce.string(), key: z.string(), name: z.string() })),
  _links: z.object({ next: z.string().nullish() }).nullish(),
})

export async function spacePage(
  ctx: VendorCtx,
  { access, details }: { readonly access: Access; readonly details: Details },
  cursor: string | null,
): Promise<Outcome<Page>> {
  const cloud = isCloud(details)
  const start = numberOf(cursor, 0)
  const url = cloud
    ? withQuery(`${rootOf(details)}/api/v2/spaces`, { limit: PAGE, cursor: cursor ?? undefined })
    : withQuery(`${rootOf(details)}/rest/api/space`, { limit: PAGE, start })
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, listed)
  return mapOk(answer, ({ results, _links }) => ({
    resources: results.map(({ id, key, name }) => ({ id: key, name, type: 'space', details: { id } })),
    nextCursor: _links?.next == null ? null : cloud ? cursorIn(_links.next) : String(start + PAGE),
  }))
}

/** The next page's address names the site, which is not where it is asked for: only the cursor of it counts. */
const cursorIn = (next: string): string | null =>
  URL.canParse(next, 'https://site.invalid')
    ? new URL(next, 'https://site.invalid').searchParams.get('cursor')
    : null
