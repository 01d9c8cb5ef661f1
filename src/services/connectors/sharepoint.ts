/** SharePoint's pages and documents for people. */
import * as z from 'zod'
import { headersOf } from '../../connectors/access'
import { ask } from '../../connectors/ask'
import { alsoNamed } from '../../connectors/form'
import { ok } from '../../connectors/outcome'
import { sharepoint, sitePage } from '../../connectors/sharepoint'
import { details, driveId, GRAPH, itemId, pageId, siteId } from '../../connectors/sharepoint/details'
import { createSitePage, readDocument, readSitePage, type Document } from '../../connectors/sharepoint/pages'
import { hitsIn, searchAnswer, searchBody, type Hit } from '../../connectors/sharepoint/search'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { htmlToMarkdown } from '../../lib/html-markdown'
import { markdownToHtml } from '../../lib/markdown-html'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import type { Ports } from './ports'
import { readOnly, recordWrite } from './vendor-writes'

const SITE_AND_PAGE = 'siteId and pageId are required'
const DRIVE_AND_ITEM = 'driveId and itemId are required'
const TITLE_AND_CONTENT = 'title and content are required'
const id = (schema: z.ZodType<string>, error: string) =>
  text({ error, max: 300 }).refine((it) => schema.safeParse(it).success, error)

export const searchInput = alsoNamed(
  { site_id: 'siteId', max_results: 'maxResults' },
  z.looseObject({
    query: text({ error: 'Search query is required', max: 500 }),
    siteId: optional(id(siteId, 'Invalid siteId')),
    maxResults: optional(
      z.int({ error: 'Invalid maxResults' }).min(1, 'Invalid maxResults').max(50, 'Invalid maxResults'),
    ),
  }),
)
export const pageInput = alsoNamed(
  { site_id: 'siteId', page_id: 'pageId' },
  z.looseObject({ siteId: id(siteId, SITE_AND_PAGE), pageId: id(pageId, SITE_AND_PAGE) }),
)
export const documentInput = alsoNamed(
  { drive_id: 'driveId', item_id: 'itemId' },
  z.looseObject({ driveId: id(driveId, DRIVE_AND_ITEM), itemId: id(itemId, DRIVE_AND_ITEM) }),
)
export const newPageInput = alsoNamed(
  { site_id: 'siteId' },
  z.looseObject({
    title: text({ error: TITLE_AND_CONTENT, max: 200 }),
    content: text({ error: TITLE_AND_CONTENT, max: 50_000, trim: false }),
    siteId: optional(id(siteId, 'Invalid siteId')),
  }),
)

/** @throws AppError not_connected, vendor refusals */
export const searchSharepoint = (
  ctx: Ctx,
  ports: Ports,
  input: z.output<typeof searchInput>,
): Promise<readonly Hit[]> =>
  askAccount(ctx, ports, sharepoint, 'uniform', async (vendor, access) => {
    const body = searchBody(input.query, input.siteId ?? null, input.maxResults ?? 10)
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(access) },
      body: JSON.stringify(body),
    } as const
    const refused = { kind: 'no_resources', text: 'SharePoint does not understand this query' } as const
    const answer = await ask(vendor.fetch, `${GRAPH}/search/query`, init, searchAnswer, {
      400: refused,
      401: { kind: 'expired' },
    })
    return answer.kind === 'ok' ? ok(hitsIn(answer.value)) : answer
  })

export interface ReadPage {
  readonly siteId: string
  readonly pageId: string
  readonly title: string
  readonly webUrl: string | null
  readonly markdown: string
}

/** @throws AppError not_connected, vendor refusals */
export async function fetchSitePage(
  ctx: Ctx,
  ports: Ports,
  it: z.output<typeof pageInput>,
): Promise<ReadPage> {
  const page = await askAccount(ctx, ports, sharepoint, 'uniform', (vendor, access) =>
    readSitePage(vendor, access, it),
  )
  const { markdown } = htmlToMarkdown(page.html)
  return { siteId: it.siteId, pageId: page.id, title: page.title, webUrl: page.webUrl, markdown }
}

/** @throws AppError unsupported_on_platform for what is no text, not_connected, vendor refusals */
export async function fetchDocument(
  ctx: Ctx,
  ports: Ports,
  it: z.output<typeof documentInput>,
): Promise<Document> {
  const found = await askAccount(ctx, ports, sharepoint, 'uniform', async (vendor, access) => {
    const read = await readDocument(vendor, access, it)
    return read.kind === 'unreadable' ? ok(null) : read
  })
  if (found !== null) return found
  throw new AppError('unsupported_on_platform', 'Only text documents up to 1 MB can be read', {
    body: { hint: 'Save the document as a page, as Markdown or as plain text.' },
  })
}

/** A page of these words, as a draft. @throws AppError forbidden, insufficient_permission, not_connected, vendor refusals */
export async function writeSitePage(
  ctx: Ctx,
  ports: Ports,
  input: z.output<typeof newPageInput>,
): Promise<Omit<ReadPage, 'markdown'>> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, sharepoint, 'uniform')
  if (!details.parse(row.publicJson).canWrite) throw readOnly('SharePoint', 'pages')
  const { title, siteId = 'root' } = input
  const name = `${slugOf(title)}-${ctx.now}.aspx`
  await recordWrite(ctx, row, 'create_page', { site: siteId, page: name })
  const page = await askAccount(ctx, ports, sharepoint, 'uniform', (vendor, access) =>
    createSitePage(vendor, access, { siteId, name, title, html: markdownToHtml(input.content) }),
  )
  return { siteId, pageId: page.id, title: page.title, webUrl: page.webUrl }
}

const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60) || 'page'

const MOST_PAGES = 10

/** Every site, up to ten pages. @throws AppError not_connected, vendor refusals */
export const listSites = (ctx: Ctx, ports: Ports) =>
  askAccount(ctx, ports, sharepoint, 'uniform', async (vendor, access) => {
    const all: { readonly id: string; readonly name: string; readonly webUrl: string | null }[] = []
    let cursor: string | null = null
    for (let count = 0; count < MOST_PAGES; count++) {
      const page: Awaited<ReturnType<typeof sitePage>> = await sitePage(vendor, access, cursor)
      if (page.kind !== 'ok') return page
      for (const { id, name, details: known } of page.value.resources) {
        const { webUrl } = known
        all.push({ id, name, webUrl: typeof webUrl === 'string' ? webUrl : null })
      }
      cursor = page.value.nextCursor
      if (cursor === null) break
    }
    return ok(all)
  })
