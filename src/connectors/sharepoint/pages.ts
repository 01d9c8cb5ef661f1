/** SharePoint's pages and documents. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { GRAPH } from './details'

const MISSING = { kind: 'no_resources', text: 'Not found at SharePoint' } as const
const READS: Judgement = { 400: MISSING, 401: { kind: 'expired' }, 404: MISSING }
/** Where Graph sends a download: an address that needs no credential. */
const DOWNLOADS = ['*.sharepoint.com', '*.svc.ms'] as const
const MAX_BYTES = 1024 * 1024

const webpart = z.looseObject({ innerHtml: z.string().nullish() })
const column = z.object({ webparts: z.array(webpart).nullish() })
const sitePage = z.object({
  id: z.string(),
  title: z.string().nullish(),
  webUrl: z.string().nullish(),
  description: z.string().nullish(),
  canvasLayout: z
    .object({
      horizontalSections: z.array(z.object({ columns: z.array(column).nullish() })).nullish(),
      verticalSection: column.nullish(),
    })
    .nullish(),
})

export interface SitePage {
  readonly id: string
  readonly title: string
  readonly webUrl: string | null
  /** The texts on the page, one after another. */
  readonly html: string
}

/** A page with its texts. */
export async function readSitePage(
  ctx: VendorCtx,
  access: Access,
  { siteId, pageId }: { readonly siteId: string; readonly pageId: string },
): Promise<Outcome<SitePage>> {
  const path = `${GRAPH}/sites/${siteId}/pages/${pageId}/microsoft.graph.sitePage`
  const url = withQuery(path, { $expand: 'canvasLayout' })
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, sitePage, READS)
  return mapOk(answer, shown)
}

function shown({ id, title, webUrl, canvasLayout }: z.infer<typeof sitePage>): SitePage {
  const sections = (canvasLayout?.horizontalSections ?? []).flatMap(({ columns }) => columns ?? [])
  const vertical = canvasLayout?.verticalSection ?? null
  const parts = [...sections, ...(vertical === null ? [] : [vertical])].flatMap((it) => it.webparts ?? [])
  return {
    id,
    title: title ?? 'Untitled',
    webUrl: webUrl ?? null,
    html: parts.flatMap(({ innerHtml }) => innerHtml ?? []).join('\n'),
  }
}

const driveItem = z.object({
  id: z.string(),
  name: z.string(),
  size: z.number().nullish(),
  webUrl: z.string().nullish(),
  file: z.object({ mimeType: z.string().nullish() }).nullish(),
})

export interface Document {
  readonly id: string
  readonly name: string
  readonly mimeType: string | null
  readonly webUrl: string | null
  readonly text: string
}

/** A document that is text. Office files are archives of their own, which are not opened here. */
export async function readDocument(
  ctx: VendorCtx,
  access: Access,
  { driveId, itemId }: { readonly driveId: string; readonly itemId: string },
): Promise<Outcome<Document> | { readonly kind: 'unreadable' }> {
  const init = { headers: headersOf(access) }
  const path = `${GRAPH}/drives/${driveId}/items/${itemId}`
  const found = await ask(ctx.fetch, path, init, driveItem, READS)
  if (found.kind !== 'ok') return found
  const { id, name, size, webUrl, file } = found.value
  const mimeType = file?.mimeType ?? null
  if (!isText(name, mimeType) || (size ?? 0) > MAX_BYTES) return { kind: 'unreadable' }
  const content = await ctx.fetch(`${path}/content`, {
    ...init,
    maxBytes: MAX_BYTES,
    redirectHosts: DOWNLOADS,
  })
  if (content.kind !== 'ok') return content
  if (content.value.status === 404) return MISSING
  if (content.value.status !== 200) return { kind: 'vendor_error' }
  return ok({ id, name, mimeType, webUrl: webUrl ?? null, text: content.value.text })
}

const isText = (name: string, mimeType: string | null): boolean =>
  /^text\/|[/+](?:json|xml|yaml)$/.test(mimeType ?? '') ||
  /\.(?:txt|md|markdown|csv|log|json|ya?ml|xml|html?)$/i.test(name)

/** Makes a page of one text, as a draft that people publish. */
export async function createSitePage(
  ctx: VendorCtx,
  access: Access,
  it: { readonly siteId: string; readonly name: string; readonly title: string; readonly html: string },
): Promise<Outcome<SitePage>> {
  const textPart = { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: it.html }
  const section = { id: '1', layout: 'oneColumn', columns: [{ id: '1', width: 12, webparts: [textPart] }] }
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(access) },
    body: JSON.stringify({
      '@odata.type': '#microsoft.graph.sitePage',
      name: it.name,
      title: it.title,
      pageLayout: 'article',
      canvasLayout: { horizontalSections: [section] },
    }),
  } as const
  const url = `${GRAPH}/sites/${it.siteId}/pages`
  return mapOk(await ask(ctx.fetch, url, init, sitePage, READS), shown)
}
